/** The page in Chromium, over a service of its own. */
import { existsSync } from 'node:fs'
import { readDashboard } from '@vigil/dashboard'
import { loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { serveTeam } from './served-team.fixture.ts'

const CHROMIUM = '/usr/bin/chromium'
const isThere = existsSync(CHROMIUM)
if (!isThere)
  console.warn(`${CHROMIUM} is missing: the page is not tested. Install it with "apt-get install chromium".`)

let browser: Browser
let bundle: Bundle
let events: RawEvent[]
beforeAll(async () => {
  if (!isThere) return
  const folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [] })
  await team.close()
  const recording = await loadRecording(team.request)
  events = Array.from(recording.order, recording.event)
  folder.remove()
  const formulas = ['G (response_time_ms <= 60)', 'G (fp_rate[100] <= 0.02)']
  bundle = {
    ...{ ...team.bundle, pipeline: recording.pipeline },
    environment: { ...team.bundle.environment, specifications: formulas },
    specifications: formulas.map((formula, s) => ({ name: ['response', 'false alarms'][s], formula, target: 0.9 })),
  }
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
})
afterAll(async () => await browser?.close())

type Served = Awaited<ReturnType<typeof serveTeam>>
let served: Served | null = null
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close()
  await served?.close()
  served = null
})

/** A page that has been told of decisions, and what it complained of or asked of others. */
async function opened(options: BrowserContextOptions = {}, changes: Parameters<typeof serveTeam>[1] = {}) {
  served = await serveTeam(bundle, { dashboard: await readDashboard(), shield: true, ...changes })
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  const foreign: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== served?.url && protocol !== 'data:') foreign.push(request.url())
  })
  await page.goto(served.url)
  return { served, page, complaints, foreign }
}

const named = (count: number) => events.slice(0, count).map((event, i) => ({ ...event, id: `event ${i}` }))
const tile = async (page: Page, name: string) =>
  await page.locator('.tiles > div', { hasText: name }).locator('.value').textContent()

describe.skipIf(!isThere)('the page of a service', () => {
  it('shows decisions as they are made, and asks nothing of anybody else', async () => {
    const { served: own, page, complaints, foreign } = await opened()
    await page.getByText('live', { exact: true }).waitFor()
    const decisions = (await (await own.post('/v1/decide', named(200))).json()) as { id: string; action: string }[]
    const row = page.locator('.decisions tbody tr', { hasText: 'event 199' })
    await row.waitFor()
    await expect(row.locator('.badge').textContent()).resolves.toBe(decisions[199].action)
    const alerts = decisions.filter(({ action }) => action === 'alert').length / 200
    await expect.poll(() => tile(page, 'alerts')).toBe(`${(100 * alerts).toFixed(alerts < 0.1 ? 1 : 0)} %`)
    expect(await page.locator('[aria-labelledby=votes] tbody tr').count()).toBe(4)
    expect(await page.locator('[aria-labelledby=specifications]').textContent()).toContain('need labels: false alarms')
    expect(await page.locator('.chart canvas').count()).toBe(4)
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] })
  })

  it('opens the timeline of a stream by the keyboard alone', async () => {
    const { served: own, page } = await opened()
    await page.getByText('live', { exact: true }).waitFor()
    await own.post('/v1/decide', named(events.length))
    const first = page.locator('.decisions button').first()
    await first.waitFor()
    const stream = await first.textContent()
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab')
      if (await first.evaluate((own) => own === document.activeElement)) break
    }
    await page.keyboard.press('Enter')
    await page.locator('.marks rect').first().waitFor()
    const expected = events.filter(({ host }) => host === stream).length
    expect(await page.locator('.marks rect').count()).toBe(expected)
    await page.getByLabel('host').fill('nobody')
    await page.keyboard.press('Enter')
    await page.getByText('No decision on nobody among the latest.').waitFor()
  })

  it.each(['light', 'dark'] as const)('fits a telephone, %s', async (colorScheme) => {
    const { served: own, page } = await opened({ viewport: { width: 390, height: 844 }, colorScheme })
    await page.getByText('live', { exact: true }).waitFor()
    await own.post('/v1/decide', named(100))
    await page.locator('.decisions tbody tr').first().waitFor()
    // Names of inputs may be long.
    await page.locator('.card th.name').first().waitFor()
    await page
      .locator('.card th.name')
      .first()
      .evaluate((name) => {
        name.textContent = 'recent_protection_count_of_the_caller'
      })
    const seen = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      wide: [...document.querySelectorAll('.card table')].filter(
        (table) => table.scrollWidth > table.closest('.card')!.clientWidth,
      ).length,
      page: getComputedStyle(document.body).backgroundColor,
    }))
    expect(seen).toEqual({
      width: 390,
      wide: 0,
      page: colorScheme === 'dark' ? 'rgb(19, 21, 26)' : 'rgb(246, 246, 243)',
    })
  })

  it('asks for the token of a service that has one, and keeps it out of addresses', async () => {
    const token = 'a token of the service'.replaceAll(' ', '-')
    const { page } = await opened({}, { token })
    await page.getByText('this service asks for a token').waitFor()
    await page.getByLabel('Token of the service').fill(token)
    await page.keyboard.press('Enter')
    await page.getByText('live', { exact: true }).waitFor()
    expect(page.url()).not.toContain(token)
  })

  it('runs no script that is not its own, and stands in no frame', async () => {
    const { served: own, page } = await opened()
    const policy = (await (await fetch(own.url)).headers.get('content-security-policy')) ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    const ran = await page.evaluate(async () => {
      const script = document.createElement('script')
      script.textContent = 'window.foreign = true'
      document.body.append(script)
      return 'foreign' in window
    })
    expect(ran).toBe(false)
  })

  it('finds its service again', async () => {
    const { served: own, page } = await opened()
    await page.getByText('live', { exact: true }).waitFor()
    await page.route('**/v1/events', (route) => route.abort())
    await page.reload()
    await page.getByText('connection lost, trying again').waitFor()
    await page.unroute('**/v1/events')
    await page.getByText('live', { exact: true }).waitFor()
    await own.post('/v1/decide', named(10))
    await page.locator('.decisions tbody tr').first().waitFor()
  })
})
