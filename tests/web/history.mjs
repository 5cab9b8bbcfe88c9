// node history.mjs SITE CENTRE CENTRE  Back, forward and reload, JavaScript off, on the preference centres of two
// people with no choices: no warning, no request that writes, and always the present state. Prints a line for each
// thing amiss.
import { launch, leave, tab } from "./browser.mjs";
import { mover } from "./moves.mjs";

const [site, saving, asking] = process.argv.slice(2);
const amiss = [];
const browser = await launch();
const { page, faults } = await tab(browser, site, { javaScriptEnabled: false });
const brand = " – Meridian Watches";
const expect = (what, got, wanted) => {
  if (got !== wanted) amiss.push(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
};
const open = (link) => page.goto(`${site}${link}?lang=en`);
const press = (what) => leave(page, () => page.click(what));
const save = () => press("form > .actions > button:not([name])");

/** What the page says, and which topics it shows as on. */
const state = async () => {
  const topics = await page.locator("[name^='topic.']:checked").all();
  const names = await Promise.all(topics.map((topic) => topic.getAttribute("name")));
  const title = (await page.title()).replace(brand, "");
  return [title, ...names.map((name) => name.slice("topic.".length))].join(" ");
};

const move = mover(page, state, amiss);

// One topic off, taken back, everything off: each result is a page of its own that tells the present state.
const all = "offers news events";
const plain = "Your email preferences";
await open(saving);
await page.uncheck("[name='topic.news']");
await save();
const saved = "Preferences saved offers events";
expect("saved", await state(), saved);
await move("reload", saved);
await move("goBack", `${plain} offers events`);
await move("goForward", saved);
await press("[name=undo]");
const undone = `Undone ${all}`;
expect("undone", await state(), undone);
await move("reload", undone);
await move("goBack", undone); // the page of the save knows that it was taken back
await move("goBack", `${plain} ${all}`);
await move("goForward", undone);
await move("goForward", undone);
await save();
expect("nothing to save", await state(), `Nothing to save ${all}`);
await move("reload", `Nothing to save ${all}`);
await press("[name=all]");
expect("everything off", await state(), "You’re unsubscribed");
await move("reload", "You’re unsubscribed");
await move("goBack", "Nothing to save");
await move("goForward", "You’re unsubscribed");
await press("[name=undo]");
expect("everything undone", await state(), `Undone ${all}`);

// Something on: one more step, which leads back. What was not saved comes back with no page.
await open(asking);
await page.check("[name='topic.research']");
await page.uncheck("[name='topic.events']");
await save();
const step = "One more step: confirm Research";
expect("one more step", await state(), step);
await move("reload", step);
await move("goBack", `${plain} offers news`);
await move("goForward", step);
await press("nav [lang=de]");
expect("in German", await state(), "Noch ein Schritt: Umfragen bestätigen");
await move("goBack", step);
await press(".onward a");
expect("back to the preferences", await state(), `${plain} offers news`);
await move("goBack", step);
await page.fill("#address", "reader@example.com");
await save();
expect("accepted", await state(), "Check your inbox");
expect("its address", (await page.textContent("main")).includes("reader@example.com"), true);
expect("no address in the URL", page.url().includes("reader"), false);
await move("goBack", step);
await page.fill("#address", "reader@example");
await save();
expect("mistake", await page.title(), `Error: please check your details${brand}`);
expect("mistake: focus", await page.locator(".mistakes:focus").count(), 1);
await page.click(".mistakes a");
expect("mistake: its link", await page.locator("#address:focus").count(), 1);
await page.fill("#address", "reader@example.com");
await save();
await press("[name=edit]");
expect("changed", await page.inputValue("#address"), "reader@example.com");
expect("changed: the topic", await page.isChecked("#topic-research"), true);
await save();
await press(".onward a");
expect("at the end", await state(), `${plain} offers news`);

amiss.push(...faults);
await browser.close();
console.log(amiss.join("\n"));
