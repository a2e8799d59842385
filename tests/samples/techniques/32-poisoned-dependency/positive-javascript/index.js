module.exports = require("card-core");
