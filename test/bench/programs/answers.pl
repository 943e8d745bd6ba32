# Answers 200 to everything on one port of 127.0.0.1, and appends when it was called to a file, milliseconds since 1970:
# answers.pl PORT FILE. Calls of another path than /health are answered and not noted. Small, since there are hundreds of it.
use strict;
use Socket;
use Time::HiRes qw(time);

my ($port, $file) = @ARGV;
open(my $seen, ">>", $file) or die "$file: $!";
socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($server, SOL_SOCKET, SO_REUSEADDR, pack("l", 1));
bind($server, sockaddr_in($port, INADDR_LOOPBACK)) or die "port $port: $!";
listen($server, SOMAXCONN);
while (accept(my $caller, $server)) {
  my $atMs = time() * 1000;
  sysread($caller, my $request, 4096);
  syswrite($caller, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  close($caller);
  syswrite($seen, sprintf("%d %.1f\n", $port, $atMs)) if ($request // "") =~ m{^GET /health };
}
