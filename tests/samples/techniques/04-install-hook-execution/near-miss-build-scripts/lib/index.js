module.exports = (rows) => rows.map((row) => row.join("\t")).join("\n");
