// What the scripts here share: one Chromium, a tab that collects faults, and what to look at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
// What can change with the width or the colours; names, roles and order cannot.
const seen = ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable"];

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-gpu",
      // Tabs share one process, so that navigations start no others.
      "--process-per-site",
      "--renderer-process-limit=1",
    ],
  });

/** A tab that collects whatever a page must not do. The desk has cookies, and leads to its `issuer`. */
export async function tab(browser, site, options = {}, issuer = site) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(300_000); // a busy machine may take longer than the 30 seconds of Playwright
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    // The browser's own note of a status, which the scripts hold to the expected one themselves.
    const isStatus = /^Failed to load resource: the server responded with a status of (403|404|409|410|422|503)/;
    if (!isStatus.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.isNavigationRequest()) faults.push(`loads ${request.url()}`);
    const isOwn = [site, issuer].some((origin) => request.url().startsWith(`${origin}/`));
    if (!isOwn) faults.push(`leaves for ${request.url()}`);
  });
  page.on("response", (response) => {
    const isOfPage = response.url().startsWith(site) && !response.url().startsWith(`${site}/desk`);
    if (isOfPage && response.headers()["set-cookie"]) faults.push("sets a cookie");
  });
  return { page, context, faults };
}

/**
 * Does what leads to another page, and returns the answer. It does it again if no request left within twenty
 * seconds: Chromium drops a click or a key that comes before it has painted a page.
 */
export async function leave(page, act) {
  const left = page.waitForNavigation();
  let isSent = false;
  const notice = (request) => (isSent ||= request.isNavigationRequest());
  page.on("request", notice);
  while (!isSent) {
    await Promise.race([left, act().then(() => page.waitForEvent("request", { timeout: 20_000 }).catch(() => {}))]);
  }
  page.off("request", notice);
  return left;
}

/** A switch of a tab's scripts, off at first: the pages have none, but axe is one. */
export async function scriptSwitch(page) {
  const devtools = await page.context().newCDPSession(page);
  const turn = (on) => devtools.send("Emulation.setScriptExecutionDisabled", { value: !on });
  await turn(false);
  return turn;
}

/**
 * What axe has against the page as it stands: every rule, or those that depend on how it looks. A frame, such as the
 * one with a mail, has no axe in it.
 */
export const axe = (page, every) =>
  page.evaluate(
    async (runOnly) => {
      const found = await globalThis.axe.run({ runOnly, resultTypes: ["violations"], iframes: false });
      return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`);
    },
    every ? { type: "tag", values: rules } : { type: "rule", values: seen },
  );

/** Signs in to the desk, if a page of the issuer asks for it. */
export async function signIn(page, { name, password }) {
  if (!(await page.$("input[name=password]"))) return null;
  await page.fill("input[name=username]", name);
  await page.fill("input[name=password]", password);
  return leave(page, () => page.click("[type=submit]"));
}

/** What is wider than the page, lower than `least` px, too narrow to hit, or of unequal size. */
export const layout = (page, least = 44) =>
  page.evaluate((least) => {
    const root = document.documentElement;
    const faults = [];
    if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways: ${root.scrollWidth}`);
    const box = (element) => element.getBoundingClientRect();
    const alone = "button, .button, label, summary, nav a, .onward a, .after a, .ways a";
    for (const element of document.querySelectorAll(`${alone}, input#address`)) {
      const { width, height } = box(element);
      const isCaption = element.matches("label[for]");
      if (!isCaption && (height < least || width < 24)) {
        faults.push(`${element.outerHTML.slice(0, 60)} is ${width} by ${height}`);
      }
    }
    const [first, second] = [...document.querySelectorAll("button[name=scope]")].map(box);
    if (second && (first.width !== second.width || first.height !== second.height)) {
      faults.push("the two stop buttons differ in size");
    }
    return faults;
  }, least);
