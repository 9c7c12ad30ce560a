import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { dial, type Identity, listen, type Member } from './connections.ts'
import { type Frame, numbered } from './frames.ts'
import { selfSigned } from './self-signed.ts'

const members = ['agent 0', 'agent 1', 'enforcer', 'stranger'].map((name) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const certificate = selfSigned(name, privateKey)
  return {
    certificate: certificate.toString('base64'),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
})

function identityOf(member: number): Identity {
  const [first, second, enforcer] = members.map(({ certificate }) => certificate)
  return { certificates: [first, second], enforcer, ...members[member], frameBytesMax: 1000 }
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** What a member hears, and a wait for the next of it. */
function heard() {
  const frames: [Member, string, number][] = []
  let wake: () => void = () => undefined
  return {
    frames,
    receiver: {
      onFrame: (from: Member, { kind, content }: Frame) => {
        frames.push([from, kind, content.length])
        wake()
        return undefined
      },
      onOpen: () => undefined,
    },
    async until(count: number) {
      while (frames.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    },
  }
}

async function listener(receiver: ReturnType<typeof heard>['receiver']) {
  const server = await listen('127.0.0.1:0', identityOf(0), receiver)
  closing.push(() => server.close())
  return server
}

const want: Frame = { kind: 'want', content: numbered(7) }

describe('a certificate of our own making', () => {
  it('is read by OpenSSL as signed by its own key, for the name that it was made for', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const certificate = new X509Certificate(selfSigned('agent 3', privateKey))
    expect(certificate.subject).toBe('CN=agent 3')
    expect(certificate.issuer).toBe('CN=agent 3')
    expect(certificate.verify(publicKey)).toBe(true)
    expect(certificate.checkPrivateKey(privateKey)).toBe(true)
    expect(certificate.verify(generateKeyPairSync('ed25519').publicKey)).toBe(false)
  })
})

describe('connections', () => {
  it('are open to members while strangers hold as many as they like and say nothing', async () => {
    const here = heard()
    const server = await listener(here.receiver)
    for (let stranger = 0; stranger < 100; stranger++) {
      const silent = connect(server.port, '127.0.0.1')
      silent.on('error', () => undefined)
      closing.push(() => silent.destroy())
      await new Promise((resolve) => silent.once('connect', resolve))
    }
    const member = dial(0, `127.0.0.1:${server.port}`, identityOf(1), here.receiver)
    closing.push(() => member.close())
    member.send(want)
    await here.until(1)
    expect(here.frames).toEqual([[1, 'want', 4]])
    // Sooner than strangers are given up.
  }, 4000)

  it('keep the latest frames for a member that is not there, in number and in bytes', async () => {
    const here = heard()
    const free = await listener(here.receiver)
    free.close()
    const member = dial(0, `127.0.0.1:${free.port}`, identityOf(1), here.receiver)
    closing.push(() => member.close())
    for (let frame = 0; frame < 3; frame++) member.send({ kind: 'message', content: new Uint8Array(2 ** 23) })
    for (let bytes = 0; bytes < 60; bytes++) member.send({ kind: 'message', content: new Uint8Array(bytes) })
    const identity = { ...identityOf(0), frameBytesMax: 2 ** 24 }
    const server = await listen(`127.0.0.1:${free.port}`, identity, here.receiver)
    closing.push(() => server.close())
    await here.until(61)
    expect(here.frames.map(([, , bytes]) => bytes)).toEqual([2 ** 23, ...Array(60).keys()])
  })

  it('bring no more of a member whose frames wait, and then the rest', async () => {
    const room = Promise.withResolvers<void>()
    const frames: number[] = []
    const first = Promise.withResolvers<void>()
    const last = Promise.withResolvers<void>()
    const server = await listen(
      '127.0.0.1:0',
      { ...identityOf(0), frameBytesMax: 2 ** 20 },
      {
        onFrame: (_, { content }) => {
          frames.push(content.length)
          first.resolve()
          if (frames.length === 30) last.resolve()
          return room.promise
        },
        onOpen: () => undefined,
      },
    )
    closing.push(() => server.close())
    const member = dial(0, `127.0.0.1:${server.port}`, identityOf(1), heard().receiver)
    closing.push(() => member.close())
    for (let frame = 0; frame < 30; frame++) member.send({ kind: 'message', content: new Uint8Array(500_000) })
    await first.promise
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(frames.length).toBeLessThan(10)
    room.resolve()
    await last.promise
    expect(frames).toEqual(Array.from({ length: 30 }, () => 500_000))
  })

  it('bring frames both ways between members, who are known by their certificates', async () => {
    const [here, there] = [heard(), heard()]
    const server = await listener(here.receiver)
    for (const member of [1, 2]) {
      const way = dial(0, `127.0.0.1:${server.port}`, identityOf(member), there.receiver)
      closing.push(() => way.close())
      way.send(want)
    }
    await here.until(2)
    expect(here.frames.toSorted()).toEqual([
      [1, 'want', 4],
      ['enforcer', 'want', 4],
    ])
    server.send('enforcer', { kind: 'batch', content: new Uint8Array(20) })
    await there.until(1)
    expect(there.frames).toEqual([[0, 'batch', 20]])
  })

  it('bring nothing from a stranger, from somebody without TLS, and from a member that keeps to no frames', async () => {
    const here = heard()
    const server = await listener(here.receiver)
    const stranger = dial(0, `127.0.0.1:${server.port}`, identityOf(3), here.receiver)
    closing.push(() => stranger.close())
    stranger.send(want)
    const bare = connect(server.port, '127.0.0.1')
    bare.write('GET / HTTP/1.1\r\n\r\n')
    await new Promise((resolve) => bare.once('close', resolve))
    const member = dial(0, `127.0.0.1:${server.port}`, identityOf(1), here.receiver)
    closing.push(() => member.close())
    member.send({ kind: 'message', content: new Uint8Array(2000) })
    member.send(want)
    // The broken connection is dialled anew, and what is sent then arrives.
    const again = setInterval(() => member.send({ kind: 'message', content: new Uint8Array(5) }), 20)
    closing.push(() => clearInterval(again))
    await here.until(1)
    expect(here.frames[0]).toEqual([1, 'message', 5])
  })

  it('tell why they are not open: nobody, or somebody else, is there', async () => {
    const here = heard()
    const free = await listener(here.receiver)
    free.close()
    const address = `127.0.0.1:${free.port}`
    const way = dial(0, address, identityOf(1), here.receiver)
    closing.push(() => way.close())
    const trouble = async (text: string | null) => await expect.poll(() => way.trouble, { timeout: 20_000 }).toBe(text)
    await trouble('nobody listens there (ECONNREFUSED)')
    const other = await listen(address, identityOf(2), here.receiver)
    await trouble('it shows another certificate than the manifest has')
    other.close()
    const server = await listen(address, identityOf(0), here.receiver)
    await trouble(null)
    server.close()
    await trouble('nobody listens there (ECONNREFUSED)')
  })

  it('are dialled until the member is there', async () => {
    const here = heard()
    // At first somebody else is there, who hangs up.
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const hungUp = new Promise<void>((resolve) => {
      other.once('connection', (socket) => {
        socket.destroy()
        other.close(() => resolve())
      })
    })
    const way = dial(0, `127.0.0.1:${port}`, identityOf(1), here.receiver)
    closing.push(() => way.close())
    way.send(want)
    await hungUp
    const server = await listen(`127.0.0.1:${port}`, identityOf(0), here.receiver)
    closing.push(() => server.close())
    await here.until(1)
    expect(here.frames).toEqual([[1, 'want', 4]])
  })
})
