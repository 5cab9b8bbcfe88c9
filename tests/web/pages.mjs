// node pages.mjs SITE < VISITS  Each visit (tests/web/stage.py) at each width and scheme, JavaScript
// off: prints a line for each fault.
import { readFileSync } from "node:fs";
import { axe, axeSource, launch, layout, scriptSwitch, tab } from "./browser.mjs";

const [site] = process.argv.slice(2);
const visits = JSON.parse(readFileSync(0, "utf8")).reverse();
const widths = [
  { name: "320 px", width: 320, height: 640 },
  { name: "1280 px", width: 1280, height: 800 },
  { name: "200 %", width: 640, height: 400 }, // what is left of 1280 px
];
const schemes = ["light", "dark"];
const faults = [];
const browser = await launch();

/** Comes to the page as its visit says; the answer that brought it. */
async function arrive(page, visit) {
  await page.setExtraHTTPHeaders(visit.headers ?? {});
  if (visit.post) {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const posted = { method: "POST", postData: visit.post, headers };
    await page.route("**/*", (route) => route.continue(posted), { times: 1 });
  }
  const answer = await page.goto(site + visit.url);
  for (const [field, text] of Object.entries(visit.fill ?? {})) await page.fill(field, text);
  if (visit.check) await page.check(visit.check);
  if (!visit.press) return answer;
  const [pressed] = await Promise.all([page.waitForNavigation(), page.click(visit.press)]);
  return pressed;
}

async function look(page, scripts, visit, say) {
  await scripts(false);
  await page.setViewportSize(widths[0]);
  const answer = await arrive(page, visit);
  if (answer.status() !== (visit.status ?? 200)) say("", [`status ${answer.status()}`]);
  if (!(await page.$(visit.shows))) say("", [`does not show ${visit.shows}`]);
  await scripts(true);
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
}

async function work() {
  const { page, context, faults: seen } = await tab(browser, site, { reducedMotion: "reduce" });
  const scripts = await scriptSwitch(page);
  for (let visit = visits.pop(); visit; visit = visits.pop()) {
    const say = (where, found) =>
      faults.push(...found.map((fault) => `${visit.name} ${where}: ${fault}`));
    await look(page, scripts, visit, say).catch((error) => say("", [error.message]));
    say("", seen.splice(0));
  }
  if ((await context.cookies()).length) faults.push("a cookie was set");
}

const tabs = 3;
await Promise.all(Array.from({ length: tabs }, work));
await browser.close();
console.log(faults.join("\n"));
