// Moves in the history of a page and notes in `amiss`: a page that Chromium shows only after a warning (it fails with
// ERR_CACHE_MISS), a form that was sent, and a page that is not the wanted one. `state` tells what the page shows.
export function mover(page, state, amiss) {
  let posts = 0;
  page.on("request", (request) => {
    if (request.method() === "POST") posts += 1;
  });
  return async (how, wanted) => {
    const before = posts;
    const failed = await page[how]().then(
      () => "",
      (error) => error.message.split("\n")[0],
    );
    const found = failed || (await state());
    if (found !== wanted) amiss.push(`${page.url()} ${how}: ${found}, not ${wanted}`);
    if (posts !== before) amiss.push(`${page.url()} ${how}: sent a form`);
  };
}
