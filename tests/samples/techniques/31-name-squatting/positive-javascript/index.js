module.exports = function createApplication() {
  return { get() {}, listen() {} };
};
