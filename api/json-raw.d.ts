/** ES2025+ source text access, which TypeScript's libraries do not declare yet. */
interface JSON {
  rawJSON(text: string): { readonly rawJSON: string }
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
}
