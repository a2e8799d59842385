class Dice {
  run(message) {
    const sides = Number.parseInt(message, 10) || 6;
    return 1 + Math.floor(Math.random() * sides);
  }
}
module.exports = { Dice };
