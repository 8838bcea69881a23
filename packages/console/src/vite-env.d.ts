interface ImportMeta {
  /** What the build puts in. */
  readonly env: { readonly BASE_URL: string }
}
