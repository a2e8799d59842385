const PATTERNS = {
  bitcoin: /^(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,39}$/,
  ethereum: /^0x[a-fA-F0-9]{40}$/,
};

/** Says what kind of address a text is, so that a form can show the right icon. */
function addressKind(text) {
  for (const [kind, pattern] of Object.entries(PATTERNS)) {
    if (pattern.test(text.trim())) return kind;
  }
  return null;
}

async function copyAddress(address) {
  if (addressKind(address) === null) throw new TypeError("not an address");
  await navigator.clipboard.writeText(address);
}

module.exports = { addressKind, copyAddress };
