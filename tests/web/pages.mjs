// node pages.mjs SITE ISSUER < VISITS  Each visit (tests/web/page_states.py) in its sizes and colours
// (tests/web/matrix.py), JavaScript off: prints a line for each fault.
import { readFileSync } from "node:fs";
import { axe, axeSource, launch, layout, leave, scriptSwitch, signIn, tab } from "./browser.mjs";

const [site, issuer] = process.argv.slice(2);
const visits = JSON.parse(readFileSync(0, "utf8")).reverse();
const narrow = { width: 320, height: 640 };
const zoomed = { width: 640, height: 400 }; // what is left of 1280 px at 200 %
const dense = 24; // WCAG 2.2, 2.5.8: the desk is for people with a mouse, or with the keys
const sizes = {
  "320 px": { viewport: narrow },
  "1280 px": { viewport: { width: 1280, height: 800 } },
  "200 %": { viewport: zoomed },
  "text at 200 %": { viewport: zoomed, text: "200%" },
};
const colours = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "light", forcedColors: "active" },
};
const faults = [];
const browser = await launch();

/** Opens the page once more in the same browser and sends its form, as somebody who is faster. */
async function actFirst(page, { fill, press }) {
  const other = await page.context().newPage();
  await other.goto(page.url());
  for (const [field, text] of Object.entries(fill)) await other.fill(field, text);
  await leave(other, () => other.click(press));
  await other.close();
}

/** Comes to the page as its visit says; the answer that brought it. */
async function arrive(page, visit) {
  await page.setExtraHTTPHeaders(visit.headers ?? {});
  if (visit.post) {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const posted = { method: "POST", postData: visit.post, headers };
    await page.route("**/*", (route) => route.continue(posted), { times: 1 });
  }
  let answer = await page.goto(site + visit.url);
  if (visit.person) answer = (await signIn(page, visit.person)) ?? answer;
  for (const { meanwhile, fill, check, uncheck, forget, press } of [visit, ...(visit.then ?? [])]) {
    if (meanwhile) await actFirst(page, meanwhile);
    for (const [field, text] of Object.entries(fill ?? {})) await page.fill(field, text);
    if (check) await page.check(check);
    if (uncheck) await page.uncheck(uncheck);
    if (forget) await page.context().clearCookies();
    if (press) answer = await leave(page, () => page.click(press));
  }
  return answer;
}

/** Whether the page has it, at once or soon: the browser gives a field the focus after it has painted the page. */
async function appears(page, selector) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await page.$(selector)) return true;
    await page.waitForTimeout(50);
  }
  return false;
}

async function look(page, scripts, visit, say) {
  await scripts(false);
  await page.setViewportSize(narrow);
  const answer = await arrive(page, visit);
  if (answer.status() !== (visit.status ?? 200)) say("", [`status ${answer.status()}`]);
  if (!(await appears(page, visit.shows))) say("", [`does not show ${visit.shows}`]);
  await scripts(true);
  await page.evaluate(axeSource);
  let every = true; // names, roles and order are the same in every size and colour
  for (const [size, colour] of visit.looks) {
    const { viewport, text = "" } = sizes[size];
    await page.setViewportSize(viewport);
    await page.emulateMedia(colours[colour]);
    await page.evaluate((size) => (document.documentElement.style.fontSize = size), text);
    const least = visit.desk ? dense : undefined;
    say(`${size} ${colour}`, [...(await axe(page, every)), ...(await layout(page, least))]);
    every = false;
  }
  await page.emulateMedia(colours.light);
}

/** A tab and the switch of its scripts. Each person at the desk has one of their own. */
async function open() {
  const opened = await tab(browser, site, { reducedMotion: "reduce" }, issuer);
  return { ...opened, scripts: await scriptSwitch(opened.page) };
}

async function work() {
  const tabs = { "": await open() };
  for (let visit = visits.pop(); visit; visit = visits.pop()) {
    const name = [visit.language, visit.state].filter(Boolean).join(" ");
    const who = visit.person?.name ?? "";
    const { page, scripts, faults: seen } = (tabs[who] ??= await open());
    const say = (where, found) =>
      faults.push(...found.map((fault) => `${name} ${where}: ${fault}`));
    await look(page, scripts, visit, say).catch((error) => say("", [error.message]));
    say("", seen.splice(0));
  }
  if ((await tabs[""].context.cookies()).length) faults.push("a cookie was set");
}

const tabs = 3;
await Promise.all(Array.from({ length: tabs }, work));
await browser.close();
console.log(faults.join("\n"));
