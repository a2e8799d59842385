module.exports = (text) => text.split(/\s+/).length;
