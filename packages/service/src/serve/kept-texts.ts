/** Texts outside of the heap: a collector of garbage walks over none of them, however many are kept. */
export type KeptTexts = {
  /** Keeps texts together, of any units of UTF-16, lone surrogates too. @returns what names them: a whole number below 2^31 */
  keep(texts: readonly string[]): number
  /** The texts that were kept under a name. */
  read(name: number): string[]
  /** The name is free again, and its texts are gone. */
  release(name: number): void
  /** Bytes that are taken, those of free pages too. */
  readonly bytes: number
}

/** Bytes of a page; a longer record has a page of its own. */
const PAGE_BYTES = 2 ** 20
/** Records begin at multiples of so many bytes. */
const UNIT_BYTES = 8
const UNITS = PAGE_BYTES / UNIT_BYTES
/** Of UTF-8, for each unit of UTF-16. */
const UNIT_BYTES_MAX = 3
/** In the size of a record: it is UTF-16, since UTF-8 has no lone surrogates. */
const IS_UTF16 = 2 ** 31

type Page = {
  readonly bytes: Buffer
  /** bytes from the first on in which records are or were */
  used: number
  /** records that are not released */
  live: number
}

/**
 * A record is the number of its texts, their lengths in units of UTF-16 (each a u32) and the bytes of all, u32, then their UTF-8 or UTF-16. Pages are
 * filled one after another, and one is free when all its records are: texts that go in about the order in which they came leave few holes.
 */
export function createKeptTexts(): KeptTexts {
  const pages = createPages()
  return {
    keep(texts) {
      const whole = texts.join('')
      const headBytes = 4 * (texts.length + 2)
      const at = pages.withRoom(headBytes + UNIT_BYTES_MAX * whole.length)
      const page = pages.at(at)
      const { bytes, used } = page
      bytes.writeUInt32LE(texts.length, used)
      for (let i = 0; i < texts.length; i++) bytes.writeUInt32LE(texts[i].length, used + 4 * (i + 1))
      const isSound = whole.isWellFormed()
      const size = bytes.write(whole, used + headBytes, isSound ? 'utf8' : 'utf16le')
      bytes.writeUInt32LE(isSound ? size : size + IS_UTF16, used + headBytes - 4)
      page.used = Math.ceil((used + headBytes + size) / UNIT_BYTES) * UNIT_BYTES
      page.live++
      return at * UNITS + used / UNIT_BYTES
    },
    read(name) {
      const { bytes } = pages.at(Math.floor(name / UNITS))
      const from = (name % UNITS) * UNIT_BYTES
      const count = bytes.readUInt32LE(from)
      const begin = from + 4 * (count + 2)
      const size = bytes.readUInt32LE(begin - 4)
      const whole =
        size < IS_UTF16
          ? bytes.toString('utf8', begin, begin + size)
          : bytes.toString('utf16le', begin, begin + size - IS_UTF16)
      let end = 0
      return Array.from({ length: count }, (_, i) => {
        const start = end
        end += bytes.readUInt32LE(from + 4 * (i + 1))
        return whole.slice(start, end)
      })
    },
    release: (name) => pages.release(Math.floor(name / UNITS)),
    get bytes() {
      return pages.bytes
    },
  }
}

/** Pages by number. A new one is taken where the one that is filled has no more room. */
function createPages() {
  const pages: (Page | null)[] = []
  /** numbers of those without a record */
  const freePages: number[] = []
  let current = -1

  function open(bytes: number): number {
    const at = freePages.pop() ?? pages.push(null) - 1
    const before = pages[at]
    pages[at] =
      before !== null && before.bytes.length >= bytes
        ? before
        : { bytes: Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, bytes)), used: 0, live: 0 }
    return at
  }

  function withRoom(bytes: number): number {
    const page = current < 0 ? null : pages[current]
    if (page !== null && page.used + bytes <= page.bytes.length) return current
    const at = open(bytes)
    if (bytes <= PAGE_BYTES) {
      const before = current
      current = at
      if (page !== null && page.live === 0) free(before)
    }
    return at
  }

  function free(at: number): void {
    const page = pages[at] as Page
    page.used = 0
    if (page.bytes.length > PAGE_BYTES) pages[at] = null
    freePages.push(at)
  }

  return {
    /** A page in which so many bytes are left. */
    withRoom,
    at: (at: number) => pages[at] as Page,
    /** A record of a page is gone. */
    release(at: number): void {
      const page = pages[at] as Page
      page.live--
      if (page.live === 0 && at !== current) free(at)
    },
    get bytes() {
      return pages.reduce((sum, page) => sum + (page?.bytes.length ?? 0), 0)
    },
  }
}
