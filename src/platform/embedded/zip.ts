/** Reads one file out of a zip archive (PKWARE APPNOTE 6.3), so that a wheel can be unpacked without a dependency or Python. */
import { crc32, inflateRaw } from 'node:zlib'
import { promisify } from 'node:util'
import { PlatformError } from '../platform-error.ts'

const END_OF_DIRECTORY = 0x06054b50
const END_OF_DIRECTORY_BYTES = 22
const COMMENT_BYTES_MAX = 65_535
const DIRECTORY_ENTRY = 0x02014b50
const DIRECTORY_ENTRY_BYTES = 46
const LOCAL_HEADER = 0x04034b50
const LOCAL_HEADER_BYTES = 30
const STORED = 0
const DEFLATED = 8

interface Entry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly bytes: number
  readonly headerAt: number
}

/** The content of the entry named `name`, checked against the archive's checksum. Throws `untrusted_file` if the archive is damaged or lacks it. */
export async function readZipEntry(archive: Buffer, name: string): Promise<Buffer> {
  const entries = directory(archive)
  const entry = entries.find((candidate) => candidate.name === name)
  if (entry === undefined) throw broken(`it holds no ${name}, only ${entries.map((one) => one.name).join(', ')}`)
  if (read32(archive, entry.headerAt) !== LOCAL_HEADER) throw broken(`${name} is not where the directory says`)
  // The local header has its own lengths of name and extra field; they may differ from the directory's.
  const dataAt = entry.headerAt + LOCAL_HEADER_BYTES + read16(archive, entry.headerAt + 26) + read16(archive, entry.headerAt + 28)
  const packed = archive.subarray(dataAt, dataAt + entry.packedBytes)
  const content = await unpack(packed, entry)
  if (content.length !== entry.bytes || crc32(content) !== entry.crc) throw broken(`${name} does not match its checksum`)
  return content
}

async function unpack(packed: Buffer, entry: Entry): Promise<Buffer> {
  if (entry.method === STORED) return packed
  if (entry.method !== DEFLATED) throw broken(`${entry.name} is packed by method ${entry.method}, which Purser does not read`)
  try {
    return await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(entry.bytes, 1) })
  } catch (error) {
    throw broken(`${entry.name} cannot be unpacked (${String(error)})`)
  }
}

function directory(archive: Buffer): Entry[] {
  const endAt = endOfDirectoryAt(archive)
  const count = read16(archive, endAt + 10)
  const entries: Entry[] = []
  let at = read32(archive, endAt + 16)
  for (let i = 0; i < count; i++) {
    if (read32(archive, at) !== DIRECTORY_ENTRY) throw broken('its directory is damaged')
    const nameBytes = read16(archive, at + 28)
    entries.push({
      name: archive.toString('utf8', at + DIRECTORY_ENTRY_BYTES, at + DIRECTORY_ENTRY_BYTES + nameBytes),
      method: read16(archive, at + 10),
      crc: read32(archive, at + 16),
      packedBytes: read32(archive, at + 20),
      bytes: read32(archive, at + 24),
      headerAt: read32(archive, at + 42),
    })
    at += DIRECTORY_ENTRY_BYTES + nameBytes + read16(archive, at + 30) + read16(archive, at + 32)
  }
  return entries
}

/** The end record is last, but a comment of unknown length may follow it: it is searched backwards. */
function endOfDirectoryAt(archive: Buffer): number {
  const last = archive.length - END_OF_DIRECTORY_BYTES
  for (let at = last; at >= Math.max(0, last - COMMENT_BYTES_MAX); at--) if (read32(archive, at) === END_OF_DIRECTORY) return at
  throw broken('it has no directory, so it is not a zip archive or only a part of one')
}

function read16(archive: Buffer, at: number): number {
  if (at + 2 > archive.length) throw broken('it ends too early')
  return archive.readUInt16LE(at)
}

function read32(archive: Buffer, at: number): number {
  if (at + 4 > archive.length) throw broken('it ends too early')
  return archive.readUInt32LE(at)
}

function broken(why: string): PlatformError {
  return new PlatformError('untrusted_file', `the zip archive cannot be used: ${why}`)
}
