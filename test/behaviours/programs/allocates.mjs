// Holds so many megabytes, every page of them written to, and then does nothing.
const megabytes = Number(process.argv[2]);
const held = Buffer.alloc(megabytes * 1024 * 1024, 1);
console.log(`holds ${held.length}`);
setInterval(() => held.length, 1e6);
