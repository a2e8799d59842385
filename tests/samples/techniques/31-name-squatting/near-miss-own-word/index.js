module.exports = { brew: (seconds = 27) => new Promise((resolve) => setTimeout(resolve, seconds * 1000, "ready")) };
