/**
 * The management door of a running broker, for the command line: AWS's operations over HTTP on a socket that only the owner
 * of the state folder reaches, with a token besides. It acknowledges nothing that is not durable. Whatever bytes come, each
 * request ends in an answer or a closed connection, within bounds of size, time and number.
 *
 *     POST /operations/CreateThing   {"thingName": "sensor-1"}   -> 200 and AWS's output, or AWS's status and the exception
 *     POST /files                    reads the declared files now; answers when they are taken over
 *     GET /status                    version, listeners, connections
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Journal } from '../journal/journal.ts'
import { httpStatus, type Refusal } from '../registry/answer.ts'
import type { Problem } from '../registry/files.ts'
import type { Registry } from '../registry/registry.ts'
import type { World } from '../world.ts'
import { readBody } from './body.ts'
import { removeDoorFile, writeDoorFile } from './door-file.ts'
import { type OperationTable, operationOf, resourcesOf, unknownHint } from './operations.ts'
import { listenAt } from './socket.ts'

export type DoorParts = {
  /** The state folder; it is there. */
  folder: string
  world: World
  journal: Journal
  registry: Pick<Registry, 'desk' | 'durable' | 'revision'>
  operations: OperationTable
  /** Of candid. */
  version: string
  status(): DoorStatus
  /** Reads what the files declare; resolves when it is taken over. */
  takeOver(): Promise<void>
  limits?: Partial<DoorLimits>
}

export type DoorStatus = {
  listeners: { host: string; port: number }[]
  /** Open ones, whether they have got their CONNACK or not. */
  connections: number
}

export type DoorLimits = {
  bodyBytes: number
  connections: number
  /** For the head of a request, for all of it, and for a connection on which nothing moves. */
  headMs: number
  requestMs: number
  silenceMs: number
}

export type Door = { path: string; close(): Promise<void> }

const usual: DoorLimits = {
  bodyBytes: 1024 * 1024,
  connections: 32,
  headMs: 5000,
  requestMs: 10_000,
  silenceMs: 60_000,
}

/** Opens the door and writes door.json, or says what is in the way. */
export async function openDoor(parts: DoorParts): Promise<Door | { problem: Problem }> {
  const { folder, world, version } = parts
  const limits = { ...usual, ...parts.limits }
  const token = world.random(32).toString('base64url')
  const running = new Set<Promise<void>>()
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1000, limits.headMs),
      maxHeaderSize: 8 * 1024,
    },
    (request, response) => {
      const answered = handle(request, response, { ...parts, token, limits })
      running.add(answered)
      void answered.finally(() => running.delete(answered))
    },
  )
  server.maxConnections = limits.connections
  server.setTimeout(limits.silenceMs)
  const place = await listenAt(server, folder, world)
  if ('problem' in place) return place
  await writeDoorFile(folder, { path: place.path, token, pid: process.pid, version }, world)
  return {
    path: place.path,
    async close() {
      await removeDoorFile(folder, token)
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      // What was begun is answered; whoever still sends is not waited for.
      await Promise.race([
        Promise.allSettled(running),
        new Promise<void>(resolve => world.clock.after(PATIENCE_MS, resolve)),
      ])
      server.closeAllConnections()
      await closed
      await place.leave()
    },
  }
}

const PATIENCE_MS = 2000

type Desk = DoorParts & { token: string; limits: DoorLimits }

type Told = { status: number; body: unknown }

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  desk: Desk,
): Promise<void> {
  const { status, body } = await answerTo(request, desk).catch(error => {
    desk.journal.write({ event: 'broker.warning', says: `a bug behind the door: ${error}` })
    return refused(500, 'InternalFailureException', 'this is a bug in candid')
  })
  if (response.destroyed) return
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // One request, one connection: what comes behind a refused body is nobody's next request.
    connection: 'close',
  })
  await new Promise<void>(resolve => {
    response.once('close', resolve)
    response.end(text)
  })
}

async function answerTo(request: IncomingMessage, desk: Desk): Promise<Told> {
  if (!hasToken(request, desk.token)) {
    return refused(401, 'UnauthorizedException', 'the token of door.json is needed')
  }
  const { method = '', url = '' } = request
  if (method === 'GET' && url === '/status') {
    return { status: 200, body: { version: desk.version, pid: process.pid, ...desk.status() } }
  }
  if (method === 'POST' && url === '/files') {
    await desk.takeOver()
    return { status: 200, body: {} }
  }
  const name = /^\/operations\/([^/?#]{1,100})$/.exec(url)?.[1]
  if (name === undefined) return refused(404, 'UnknownOperationException', 'there is no such path')
  if (method !== 'POST')
    return refused(405, 'UnknownOperationException', 'operations are called by POST')
  return call(name, request, desk)
}

async function call(name: string, request: IncomingMessage, desk: Desk): Promise<Told> {
  const operation = operationOf(desk.operations, name)
  if (operation === undefined) {
    const hint = unknownHint(desk.operations, name)
    return refused(404, 'UnknownOperationException', 'there is no such operation', { hint })
  }
  const read = await readBody(request, desk.limits.bodyBytes)
  if ('problem' in read) {
    return refused(read.problem.status, 'SerializationException', read.problem.says)
  }
  const by = callerOf(request)
  const before = desk.registry.revision()
  // The record of a connection that this ends names who asked for it.
  const cause = { operation: name, by }
  const begun = desk.registry.desk.during(cause, () => operation(read.input))
  // What is answered at once is looked at at once: while others have their turn, a device may change the registry.
  const changedAtOnce = desk.registry.revision() !== before
  const result = await begun
  const changed = begun instanceof Promise ? desk.registry.revision() !== before : changedAtOnce
  try {
    await desk.registry.durable()
  } catch (error) {
    // What only reads still tells what is in memory, so that the state can be looked at.
    if (changed || !result.ok) {
      const why = error instanceof Error ? error.message : String(error)
      const message = `not stored: ${why.replace(/\s+/g, ' ')}`
      return refused(500, 'InternalFailureException', message, { hint: NOT_STORED })
    }
  }
  if (!result.ok) return { status: httpStatus[result.refusal.exception], body: result.refusal }
  if (changed) {
    const resources = resourcesOf(name, read.input, result.value)
    desk.journal.write({
      event: 'registry.changed',
      operation: name,
      by,
      resources,
    })
  }
  return { status: 200, body: result.value ?? {} }
}

const NOT_STORED =
  'look at the disk (is it full?), then start the broker again: it has all that was confirmed'

function refused(
  status: number,
  exception: string,
  message: string,
  more: Pick<Refusal, 'hint'> = {},
): Told {
  return { status, body: { exception, message, ...more } }
}

/** The comparison takes as long whatever is wrong. */
function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const hashed = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hashed(headers.authorization ?? ''), hashed(`Bearer ${token}`))
}

/** What the caller says that it is: `candid thing create`. */
function callerOf({ headers }: IncomingMessage): string {
  const says = headers['user-agent'] ?? ''
  return says === '' ? 'the management door' : says.slice(0, 100)
}
