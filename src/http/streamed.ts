/**
 * Text in pieces as the body of an answer. The first piece is made before this answers, so that what is wrong by then is still a problem; an error after that is told
 * to `failed`, and breaks the connection. Who reads slowly slows the reading down, and who goes away ends it.
 */
export async function streamed(pieces: AsyncGenerator<string>, failed: (error: unknown) => void): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder()
  let piece = await pieces.next()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (piece.done === true) return controller.close()
      controller.enqueue(encoder.encode(piece.value))
      try {
        piece = await pieces.next()
      } catch (error) {
        failed(error)
        controller.error(error)
      }
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
}
