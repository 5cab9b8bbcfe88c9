// node local.mjs SITE  The local page: the mail client's own button, and a mail that was sent, opened
// and followed to its end. Prints a line for each thing amiss.
import { axe, axeSource, launch, layout, scriptSwitch, tab } from "./browser.mjs";

const [site] = process.argv.slice(2);
const amiss = [];
const browser = await launch();
const { page, faults } = await tab(browser, site);
const scripts = await scriptSwitch(page);

async function press(what) {
  await Promise.all([page.waitForNavigation(), what.click()]);
}

async function looksRight(where) {
  await scripts(true);
  await page.evaluate(axeSource);
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const fault of [...(await axe(page, true)), ...(await layout(page))]) {
      amiss.push(`${where}, ${width} px: ${fault}`);
    }
  }
  await scripts(false);
}

const expect = (what, holds) => holds || amiss.push(what);
const verdict = () => page.textContent(".answer");

await page.goto(`${site}/_local/`);
expect("offers may be sent at first", (await verdict()) === "Yes.");
await press(page.getByRole("button", { name: "Unsubscribe" }));
expect("one click stops them", (await verdict()) === "No: topic_unsubscribed.");

await page.goto(`${site}/subscribe`);
await page.fill("[name=address]", "ada@example.com");
await page.check("[value=offers]");
await press(page.getByRole("button"));
const mail = page.locator(".mails a");
for (let tries = 0; tries < 100 && !(await mail.count()); tries += 1) {
  await page.waitForTimeout(300);
  await page.goto(`${site}/_local/`);
}
await looksRight("the local page");
await press(mail.first());
await looksRight("a mail that was sent");
await press(page.frameLocator("iframe").getByRole("link", { name: "Confirm" }));
expect("its link opens outside of the frame", new URL(page.url()).pathname.startsWith("/c/"));
await press(page.getByRole("button"));
await page.goto(`${site}/_local/`);
expect("a confirmed yes brings them back", (await verdict()) === "Yes.");

amiss.push(...faults);
await browser.close();
console.log(amiss.join("\n"));
