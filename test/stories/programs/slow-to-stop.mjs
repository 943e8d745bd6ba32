// Finishes what it is at before it ends: SIGTERM takes two seconds.
process.on("SIGTERM", () => setTimeout(() => process.exit(0), 2_000));
setInterval(() => {}, 1_000);
