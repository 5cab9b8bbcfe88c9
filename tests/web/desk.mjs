// node desk.mjs SITE ISSUER < PLAN  An agent's and an officer's day at the desk, JavaScript off: each page is opened and
// each button is pressed. Prints JSON: `amiss` (what went wrong), `pressed` (names of the texts of buttons) and `requests`.
import { readFileSync } from "node:fs";
import { launch, leave, signIn, tab } from "./browser.mjs";

const [site, issuer] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(0, "utf8"));
const { agent, officer, second, bound, caller, pages, cases, held, texts } = plan;
const [amiss, allFaults, pressed, requests] = [[], [], new Set(), new Set()];
const browser = await launch();

const expect = (what, got, wanted) => {
  if (got !== wanted) amiss.push(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
};

/** A tab of somebody who has opened the desk, and signed in at the issuer. */
async function sitDown(person) {
  const options = { javaScriptEnabled: false, locale: "en-GB" };
  const { page, faults } = await tab(browser, site, options, issuer);
  allFaults.push(faults);
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin === site) requests.add(`${request.method()} ${pathname}`);
  });
  await page.goto(`${site}/desk`);
  expect("who is not signed in comes to the issuer", page.url().startsWith(issuer), true);
  await signIn(page, person);
  expect("signed in", page.url(), `${site}/desk`);

  const heading = async () => (await page.textContent("h1")).trim();
  const field = (name, value) => page.locator(value ? `[name=${name}][value=${value}]` : `[name=${name}]`);

  /** Goes on by a click, and signs in if the issuer asks for it. Returns whether it did. */
  async function go(target) {
    await leave(page, () => target.click());
    return Boolean(await signIn(page, person));
  }

  async function press(text, goOn = go) {
    pressed.add(text);
    await goOn(page.getByRole("button", { name: texts[text], exact: true }));
  }

  async function lookUp(text) {
    await page.goto(`${site}/desk`);
    await page.fill("#person", text);
    await press("home.look_up");
  }

  /** Fills in the form of an action that needs a recent sign-in. */
  async function fillAction() {
    if (await field("way").count()) await field("way", "letter").check();
    await field("reference").fill("LETTER-7");
    if (await field("reason").count()) await field("reason").fill("as the letter says");
  }

  const follow = (text) => go(page.getByRole("link", { name: texts[text], exact: true }));
  return { page, heading, field, fillAction, press, lookUp, follow };
}

async function workAsAgent() {
  const { page, heading, field, fillAction, press, lookUp, follow } = await sitDown(agent);
  expect("no officer's page in the navigation", await page.locator("nav a").count(), 1);

  // The commonest call, by keys alone: the field has the focus, and each page has it where the call goes on.
  let keys = 0;
  const key = async (name) => {
    keys += 1;
    await page.keyboard.press(name);
  };
  const focused = page.locator(":focus"); // set a moment after the page has loaded
  const enter = async () => {
    await focused.waitFor();
    await leave(page, () => key("Enter"));
  };
  await focused.waitFor();
  await page.keyboard.type(caller);
  await enter();
  expect("looked up", await heading(), caller);
  await focused.waitFor();
  await key("Tab");
  await enter();
  expect("previewed", await heading(), texts["preview.heading"]);
  await enter();
  expect("recorded", await heading(), texts["recorded.heading"]);
  expect("a screen reader goes on with the result", await focused.evaluate((it) => it.tagName), "H1");
  expect(`${keys} keys are at most eight`, keys <= 8, true);

  await press("recorded.take_back");
  expect("taken back", await heading(), texts["recorded.taken_back"]);
  await follow("people.next");
  expect("own entries", await page.locator("h2 + ul a").count(), 1);

  await lookUp(caller);
  await press("change.stop_all");
  await press("preview.edit");
  await field("change", "topics").check();
  await field("topic", "offers").check();
  await field("reference").fill("CALL-118");
  await press("change.preview");
  await press("preview.record");
  expect("topics", await page.locator("dl").textContent().then((text) => text.includes("Offers")), true);

  await lookUp("reader@gmial.com");
  await press("people.look_up_meant");
  expect("the address that was meant", await heading(), "reader@gmail.com");

  await lookUp(caller);
  await press("link.make");
  expect("a link", (await page.textContent("pre")).startsWith(`${site}/p/`), true);

  await lookUp(caller);
  await field("change", "back").check();
  await field("topic", "offers").check();
  await field("reference").fill("LETTER-7");
  await press("change.preview");
  await press("preview.mail");
  expect("mail", await heading(), texts["mail_sent.heading"]);

  await page.goto(site + pages.request);
  await press("erase.send_request");
  expect("an erasure needs a second step", await page.locator("#confirmed[aria-invalid]").count(), 1);
  await fillAction();
  await field("confirmed").check();
  await press("erase.send_request");
  expect("requested", await page.locator("[role=status]").count(), 1);

  await page.goto(`${site}/desk/cases`);
  expect("an officer's page", await heading(), texts["refused.heading"]);
  await page.goto(`${site}/desk/nothing`);
  expect("no page", await heading(), texts["missing.heading"]);

  await follow("desk.back");
  await press("desk.sign_out", (button) => button.click());
  await page.waitForURL(`${site}/desk/signed-out`);
  expect("signed out also at the issuer", await follow("signed_out.sign_in"), true);
}

async function workForOneBrand() {
  const { page, heading, press, lookUp } = await sitDown(bound);
  await lookUp(plan.caller_of_brand);
  const stop = page.locator("button[accesskey='1']"); // its text names the brand
  await press("change.stop_brands", () => leave(page, () => stop.click()));
  await press("preview.record");
  expect("recorded for the brand", await heading(), texts["recorded.heading"]);
}

async function workAsOfficer() {
  const { page, field, fillAction, press, follow } = await sitDown(officer);
  await follow("cases.heading");
  expect("the cases are listed", (await page.locator("tbody tr").count()) > Object.keys(cases).length, true);
  for (const [decision, id] of Object.entries(cases)) {
    const button = `case_decision.${decision}`;
    await page.goto(`${site}/desk/cases/${id}`);
    await press(button);
    expect(`${decision} needs a reason`, await page.locator("#reason[aria-invalid]").count(), 1);
    await field("reason").fill("as the letter says");
    if (["erase", "minor"].includes(decision)) await field("sure").check();
    await press(button);
    const verdict = await page.textContent("main");
    expect(decision, verdict.includes(`${texts["case.decided"]} ${texts[button]}`), true);
  }
  await page.goto(`${site}/desk/cases/${held}`);
  await field("reason").fill("as the letter says");
  await field("sure").check();
  await press("case_decision.erase");
  expect("a hold stops an erasure", await page.locator(".mistakes").textContent(), texts["case_problem.held"]);
  await press("case.continue");
  for (const action of ["minor", "erase", "hold"]) {
    await page.goto(site + pages[action]);
    await fillAction();
    if (action !== "hold") await field("confirmed").check();
    await press(`${action}.send`);
    expect(`${action} is done`, await page.locator("[role=status]").count(), 1);
  }
  await page.goto(site + pages.hold.replace(/hold$/, "lift"));
  await fillAction();
  await press("lift.send");
  expect("the hold is lifted", await page.locator("form .option").count(), 0);

  await page.goto(site + pages.child);
  await fillAction();
  await press("lift.begin");
  expect("nobody signs twice", await page.locator("main form").count(), 0);
  const other = await sitDown(second);
  await other.page.goto(site + pages.child);
  await other.fillAction();
  await other.press("lift.confirm");
  expect("two people lift it", await other.page.locator("form .option").count(), 0);

  await page.goto(`${site}/desk/numbers`);
  await press("numbers.show");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("a[href^='/desk/numbers.csv']")]);
  expect("a file of numbers", file.suggestedFilename().endsWith(".csv"), true);

  for (const list of ["certificates", "disclosures", "deadlines"]) await follow(`${list}.short`);
  await page.goto(`${site}/desk/purges`);
  await leave(page, () => page.locator("tbody th a").first().click());
}

await Promise.all(
  [workAsAgent, workForOneBrand, workAsOfficer].map((work) =>
    work().catch((error) => amiss.push(`${work.name}: ${error.stack}`)),
  ),
);
await browser.close();
amiss.push(...allFaults.flat());
console.log(JSON.stringify({ amiss, pressed: [...pressed], requests: [...requests] }));
