/** Stands for your provider's SDK: one request, no retries, with the limit that was reserved. */
export async function askModel(question: string, { maxOutputTokens }: { readonly maxOutputTokens: number }) {
  const text = `${question.length} characters, answered in at most ${maxOutputTokens} tokens.`
  return { text, usage: { input_tokens: 12, output_tokens: 40 } }
}
