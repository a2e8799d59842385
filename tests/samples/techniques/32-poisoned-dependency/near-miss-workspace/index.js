const express = require("express");
const { deal } = require("card-core");

const app = express();
app.get("/deal", (request, response) => response.json(deal(5)));
module.exports = app;
