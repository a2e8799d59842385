import { readFile } from "node:fs/promises";

const CHANNEL = process.env.RELEASE_CHANNEL ?? "stable";

export class Watch {
  async run() {
    const known = JSON.parse(await readFile(new URL("./known.json", import.meta.url), "utf8"));
    const answer = await fetch(`https://releases.example.invalid/${CHANNEL}.json`);
    const { version } = await answer.json();
    return known.includes(version) ? "nothing new" : `version ${version} is out`;
  }
}
