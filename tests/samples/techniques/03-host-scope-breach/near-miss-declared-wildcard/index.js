const REGIONS = ["eu", "us", "ap"];

export class Search {
  async run(message) {
    const wanted = process.env.SEARCH_REGION;
    const region = REGIONS.includes(wanted) ? wanted : "eu";
    const answer = await fetch(`https://${region}.search.example.invalid/?q=${encodeURIComponent(message)}`);
    return answer.json();
  }
}
