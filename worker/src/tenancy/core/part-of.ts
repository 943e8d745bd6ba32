/** Which of so many parts an id belongs to, from 0: always the same, and each part gets about as many as any other. */
export function partOf(id: string, parts: number): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % parts;
  return sum;
}
