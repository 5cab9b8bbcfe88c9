// node desk_time_out.mjs SITE ISSUER PLAN  Fills in a form of the desk, JavaScript off, and prints "entered". When a line
// arrives, the session has ended: it sends the form and signs in again. Prints a line for each thing amiss.
import { once } from "node:events";
import { launch, leave, signIn, tab } from "./browser.mjs";

const [site, issuer, plan] = process.argv.slice(2);
const { agent, caller } = JSON.parse(plan);
const amiss = [];
const browser = await launch();
const { page, faults } = await tab(browser, site, { javaScriptEnabled: false }, issuer);
const press = (selector) => leave(page, () => page.click(selector));
const expect = (what, holds) => holds || amiss.push(what);

await page.goto(`${site}/desk`);
await signIn(page, agent);
await page.fill("#person", caller);
await press(".look-up button");
await page.check("#change-topics");
await page.check("[name=topic][value=news]");
await page.fill("#reference", "CALL-118");
console.log("entered");
await once(process.stdin, "data");

await press("#record .actions button");
expect("the form is not recorded", page.url().startsWith(`${site}/desk/people/`));
await press("main a[href^='/desk/sign-in?']");
expect("the link leads to the sign-in", await signIn(page, agent));
expect("it leads back", new URL(page.url()).pathname.endsWith("/changes"));
expect("the choice is back", await page.isChecked("#change-topics"));
expect("the topic is back", await page.isChecked("[name=topic][value=news]"));
expect("the reference is back", (await page.inputValue("#reference")) === "CALL-118");
expect("the address is back", (await page.textContent("main")).includes(caller));
await press("#record .actions button");
expect("it goes on with the preview", await page.isVisible("button[value=record]"));

amiss.push(...faults);
await browser.close();
console.log(amiss.join("\n"));
process.exit();
