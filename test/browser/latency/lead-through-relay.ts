import type { Page } from 'playwright-core';

/** Puts a UDP relay's port into the page's WHEP answers for the gateway's media port, and takes the
 *  TCP candidates out. */
export async function leadThroughRelay(page: Page, port: number, relayPort: number): Promise<void> {
  await page.route('**/whep*', async (route) => {
    const response = await route.fetch();
    const answer = (await response.text())
      .split('\r\n')
      .filter((line) => !/^a=candidate:.* tcp /i.test(line))
      .map((line) =>
        line.startsWith('a=candidate') ? line.replace(` ${port} `, ` ${relayPort} `) : line,
      );
    await route.fulfill({ response, body: answer.join('\r\n') });
  });
}
