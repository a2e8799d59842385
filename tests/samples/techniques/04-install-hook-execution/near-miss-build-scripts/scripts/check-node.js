const [major] = process.versions.node.split(".").map(Number);
if (major < 18) {
  console.error(`fast-borders needs Node 18 or newer, this is ${process.version}.`);
  process.exit(1);
}
