// node snippet.mjs < HTML  The lines for a brand's homepage, under each signal: prints what is amiss.
import { readFileSync } from "node:fs";
import { launch } from "./browser.mjs";

const lines = readFileSync(0, "utf8");
const home = "http://brand.invalid/";
const cases = [
  { signals: {}, targeting: "on" },
  { signals: { globalPrivacyControl: true }, targeting: "off" },
  { signals: { globalPrivacyControl: false, doNotTrack: "0" }, targeting: "on" },
  { signals: { doNotTrack: "1" }, targeting: "off" },
  { signals: { doNotTrack: "unspecified" }, targeting: "on" },
];
const browser = await launch();
for (const { signals, targeting } of cases) {
  const page = await browser.newPage();
  const loaded = [];
  page.on("pageerror", (error) => console.log(`error: ${error.message}`));
  await page.addInitScript((own) => {
    for (const [name, value] of Object.entries(own)) {
      Object.defineProperty(navigator, name, { value });
    }
  }, signals);
  await page.route("**/*", (route) => {
    if (route.request().url() === home) {
      return route.fulfill({ contentType: "text/html", body: `<!doctype html><head>${lines}</head>` });
    }
    loaded.push(route.request().url());
    return route.fulfill({ contentType: "text/javascript", body: "" });
  });
  await page.goto(home, { waitUntil: "networkidle" });
  const marked = await page.evaluate(() => document.documentElement.dataset.targeting);
  const wanted = targeting === "on" ? ["https://ads.example.net/tag.js"] : [];
  if (marked !== targeting || `${loaded}` !== `${wanted}`) {
    console.log(`${JSON.stringify(signals)}: ${marked}, ${loaded}`);
  }
  await page.close();
}
await browser.close();
