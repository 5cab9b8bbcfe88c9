// node pages.mjs SITE PATH…  Every page, each width and scheme: prints a line for each fault.
import { axe, axeSource, launch, layout, tab } from "./browser.mjs";

const [site, ...paths] = process.argv.slice(2);
const widths = [
  { name: "320 px", width: 320, height: 640 },
  { name: "1280 px", width: 1280, height: 800 },
  { name: "200 %", width: 640, height: 400 }, // what is left of 1280 px
];
const schemes = ["light", "dark"];
const faults = [];
const waiting = [...paths];
const browser = await launch();

async function work() {
  const { page, context, faults: seen } = await tab(browser, site, { reducedMotion: "reduce" });
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    const say = (where, found) => faults.push(...found.map((fault) => `${path} ${where}: ${fault}`));
    await page.setViewportSize(widths[0]);
    const response = await page.goto(site + path);
    if (response.status() !== 200) say("", [`status ${response.status()}`]);
    await page.evaluate(axeSource);
    for (const size of widths) {
      await page.setViewportSize(size);
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        const first = size === widths[0] && colorScheme === "light";
        say(`${size.name} ${colorScheme}`, await axe(page, first));
      }
      say(size.name, await layout(page));
    }
    await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
    say("forced colours", await layout(page));
    await page.emulateMedia({ forcedColors: "none" });
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    say("text at 200 %", await layout(page));
    say("", seen.splice(0));
  }
  if ((await context.cookies()).length) faults.push("a cookie was set");
}

await Promise.all([work(), work(), work()]);
await browser.close();
console.log(faults.join("\n"));
