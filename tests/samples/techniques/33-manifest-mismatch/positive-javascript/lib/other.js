module.exports = { seats: (taken) => 100 - taken.length };
