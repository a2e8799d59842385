export class Chart {
  run(message) {
    return "#".repeat(message.split(" ").length);
  }
}
