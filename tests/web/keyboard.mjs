// node keyboard.mjs SITE LINK CENTRE CENTRE  The keys alone, JavaScript off, on an unsubscribe link and two
// preference centres of people who have said nothing: prints a line for each thing amiss.
import { launch, leave, tab } from "./browser.mjs";

const [site, link, everything, centre] = process.argv.slice(2);
const amiss = [];
const browser = await launch();
const { page, faults } = await tab(browser, site, { javaScriptEnabled: false });
let posted = null;
page.on("request", (request) => {
  if (request.method() === "POST") posted = `${new URL(request.url()).pathname} ${request.postData()}`;
});

const expect = (what, got, wanted) => {
  if (got !== wanted) amiss.push(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
};

/** What has the focus: its words or its name and value; and whether anyone can see that it has. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const name = element.name && !element.textContent ? `${element.name}=${element.value}` : "";
    return (name || element.textContent.trim()) + (visible ? "" : " (focus not visible)");
  });

/** Tab until something has the focus; null when it never comes. */
async function tabTo(wanted) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    if ((await focused()).startsWith(wanted)) return focused();
  }
  return null;
}

async function pressTo(key) {
  await leave(page, () => page.keyboard.press(key));
}

// The stop button comes first, then everything, then the preference centre.
await page.goto(`${site}${link}?c=may&lang=en`);
await page.keyboard.press("Tab");
expect("first", await focused(), "Unsubscribe from Offers");
await page.keyboard.press("Tab");
expect("second", await focused(), "Unsubscribe from all marketing emails");
await page.keyboard.press("Tab");
expect("third", await focused(), "Manage your preferences");
await page.keyboard.press("Shift+Tab");
await page.keyboard.press("Shift+Tab");
await pressTo("Enter");
expect("stop", posted, `${link} scope=this`);
expect("done", await page.title(), "You’re unsubscribed from Offers – Meridian Watches");

// Undo comes after what was done and where to choose.
await page.keyboard.press("Tab");
expect("after the result", await focused(), "Manage your preferences");
await page.keyboard.press("Tab");
expect("then", await focused(), "Undo");
await pressTo("Space");
expect(
  "undo",
  posted.replace(/^\/p\/[\w-]+/, "/p/").replace(/undo=[\w-]{80,}$/, "undo=token"),
  "/p/ undo=token",
);
expect("undone", await page.title(), "Undone – Meridian Watches");
expect("undone", await page.isChecked("[name='topic.offers']"), true);

// The preference centre: everything off comes after Save, and sends nothing else.
await page.goto(`${site}${everything}?lang=en`);
expect("save", await tabTo("Save"), "Save preferences");
await page.keyboard.press("Tab");
expect("everything", await focused(), "Unsubscribe from all marketing emails");
await pressTo("Enter");
expect("everything off", posted, `${everything} all=out`);
expect("all is off", await page.locator("[name^='topic.']:checked").count(), 0);

// A choice by the space bar; Enter within the form saves, and sends what the page had shown.
await page.goto(`${site}${centre}?lang=en`);
expect("news", await tabTo("topic.news"), "topic.news=in");
await page.keyboard.press("Space");
await pressTo("Enter");
expect(
  "save",
  posted,
  `${centre} checkboxes=5&was.topic.offers=in&topic.offers=in&was.topic.news=in` +
    "&was.topic.events=in&topic.events=in&was.topic.research=out" +
    "&was.targeted-advertising=in&targeted-advertising=in&checkboxes=end",
);
expect("saved", await page.title(), "Preferences saved – Meridian Watches");

// Pause keeps unsaved choices, since it is in the same form; its end is shown, and a press away.
expect("pause", await tabTo("60 days"), "60 days");
await pressTo("Enter");
expect("paused", posted.endsWith("&pause=60&checkboxes=end"), true);
expect("until", /^Paused until \w+ \d+, \d{4}$/.test(await page.textContent("#paused")), true);
expect("resume", await tabTo("End the pause"), "End the pause now");
await pressTo("Enter");
expect("asked for", await page.isChecked("[name=resume]"), true);

// The caveats open and close without a script; a mistake is where the focus is.
await page.goto(`${site}${centre}?lang=en`);
expect("caveats", await tabTo("What this does"), "What this does and doesn’t do");
await page.keyboard.press("Enter");
expect("open", await page.evaluate(() => document.querySelector("details").open), true);

// The form without a link: the focus is on what is wrong, a link leads to the field, and what was entered stays.
await page.goto(`${site}/subscribe?lang=en`);
expect("address", await tabTo("address"), "address=");
await page.keyboard.type("somebody at example");
expect("topic", await tabTo("topics=news"), "topics=news");
await page.keyboard.press("Space");
await pressTo("Enter");
expect("mistake", (await focused()).startsWith("There’s a problem"), true);
await page.keyboard.press("Tab");
expect("mistake, its link", await focused(), "Enter an email address, like name@example.com.");
await page.keyboard.press("Enter");
expect("mistake, its field", await focused(), "address=somebody at example");
expect("topic kept", await page.isChecked("[value=news]"), true);
await page.keyboard.press("Control+a");
await page.keyboard.type("somebody@example.com");
await pressTo("Enter");
expect("accepted", await page.title(), "Check your inbox – Meridian Watches");

amiss.push(...faults);
await browser.close();
console.log(amiss.join("\n"));
