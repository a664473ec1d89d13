/** What is pressed for a picture. */
export const en = ['en']
export const press = (name) => (page) => page.getByRole('button', { name }).first().click()
export const space = async (page) => {
  await page.getByRole('tab').nth(1).click()
}
