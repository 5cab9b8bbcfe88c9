// node local.mjs SITE  The local page: the mail client's own button, a mail that was sent, opened
// and followed to its end, and a mail to the mailbox. Prints a line for each thing amiss.
import { axe, axeSource, launch, layout, leave, scriptSwitch, tab } from "./browser.mjs";

const [site] = process.argv.slice(2);
const amiss = [];
const browser = await launch();
const { page, faults } = await tab(browser, site);
const scripts = await scriptSwitch(page);

async function press(what) {
  await leave(page, () => what.click());
}

async function looksRight(where) {
  await scripts(true);
  await page.evaluate(axeSource);
  let every = true; // names, roles and order are the same in every size and colour
  for (const [width, colorScheme] of [[320, "light"], [390, "dark"], [640, "light"], [1280, "dark"]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    for (const fault of [...(await axe(page, every)), ...(await layout(page))]) {
      amiss.push(`${where}, ${colorScheme}, ${width} px: ${fault}`);
    }
    every = false;
  }
  await scripts(false);
}

const expect = (what, holds) => holds || amiss.push(what);
const verdict = () => page.textContent(".answer");
const local = `${site}/_local/`;

await page.goto(local);
expect("offers may be sent at first", (await verdict()) === "Yes.");
await press(page.getByRole("link", { name: "Open the campaign mail" }));
await looksRight("the campaign mail");
await press(page.getByRole("button", { name: "Unsubscribe" }));
expect("one click stops them", (await verdict()) === "No: topic_unsubscribed.");

await page.goto(`${site}/subscribe`);
await page.fill("[name=address]", "ada@example.com");
await page.check("[value=offers]");
await press(page.getByRole("button"));
const mail = page.locator("section[aria-labelledby=mails] td a");
const changes = page.locator("section[aria-labelledby=changes] td");
for (let tries = 0; tries < 100 && !((await mail.count()) && (await changes.count())); tries += 1) {
  await page.waitForTimeout(300);
  await page.goto(local);
}
await looksRight("the local page");
await press(mail.first());
await looksRight("a mail that was sent");
const message = page.url();
expect("it shows the headers", (await page.textContent("pre")).includes("List-Unsubscribe-Post:"));
await press(page.frameLocator("iframe").getByRole("link", { name: "Continue" }));
expect("its link opens outside of the frame", new URL(page.url()).pathname.startsWith("/c/"));
await press(page.getByRole("button"));
await page.goto(local);
expect("a confirmed yes brings them back", (await verdict()) === "Yes.");

await page.goto(message);
await press(page.getByRole("button", { name: "Unsubscribe" }));
expect("a mail's own button works", (await page.textContent("[role=status]")).includes("200"));
await page.getByRole("searchbox", { name: "Search" }).fill("Ada@Example.com");
await press(page.getByRole("button", { name: "Search" }));
expect("the search explains a person", (await page.locator(".steps > li").count()) === 6);
const opened = await page.locator("section[aria-labelledby=s3] tbody td").first().textContent();
expect("the newest fact comes first", opened.startsWith("Opted out of"));
await looksRight("a person");

await page.goto(`${local}changes`);
await page.getByRole("searchbox", { name: "Search in this list" }).fill("one-click");
await press(page.getByRole("button", { name: "Search the list" }));
expect("the search in a list finds", (await page.locator("tbody tr").count()) > 0);
await looksRight("a list");

await page.goto(local);
await press(page.getByRole("link", { name: "The API on one page" }));
for (const each of await page.locator("summary").all()) await each.click();
await looksRight("the API");
await page.keyboard.press("Tab");
await page.keyboard.press("Enter");
await page.keyboard.press("Tab");
expect("the contents can be skipped", (await page.evaluate(() => document.activeElement.closest("main"))) !== null);

await page.goto(local);
await press(page.getByRole("button", { name: "Report a child" }));
await page.getByText("Send a mail of your own").click();
await looksRight("the local page with the form for mail");
const report = page.locator("section[aria-labelledby=cases] td").filter({ hasText: "A report of a child" });
for (let tries = 0; tries < 100 && !(await report.count()); tries += 1) {
  await page.waitForTimeout(300);
  await page.goto(local);
}
await press(page.getByRole("link", { name: "kid@example.com" }));
expect("a parent's mail pauses", (await page.textContent("section[aria-labelledby=s3]")).includes("Paused everything"));

amiss.push(...faults);
await browser.close();
console.log(amiss.join("\n"));
