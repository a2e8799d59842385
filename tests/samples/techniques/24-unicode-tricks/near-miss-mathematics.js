/** Names as the textbook has them: Greek letters, one script a name. */
const π = Math.PI;
const τ = 2 * π;

function круг(радиус) {
  return π * радиус ** 2;
}

function größe(θ) {
  return Math.abs(Math.sin(θ % τ));
}

module.exports = { круг, größe };
