#!/usr/bin/env python3
"""Writes the forgeries of this folder and their index. Shares no code with Kept: the tree is Tests/oracles/merkle.py's.

usage: make_forgeries.py FOLDER
"""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/oracles"))
import merkle  # noqa: E402

ORIGIN = "kept/forgeries"
LINES = [b'{"id":"%d","kind":"order.placed","source":"shop"}' % number for number in range(13)]


def b64(data):
    return base64.b64encode(data).decode()


def tree(lines):
    return merkle.Tree([merkle.leaf_hash(line) for line in lines])


def checkpoint(lines, origin=ORIGIN, size=None, root=None):
    return f"{origin}\n{len(lines) if size is None else size}\n{b64(root or tree(lines).mth(0, len(lines)))}\n"


def inclusion(index=5, lines=LINES, line="own", hashes=None, tree_text=None, head="c2sp.org/tlog-proof@v1", number=None):
    line = lines[index] if line == "own" else line
    hashes = tree(lines).path(index, 0, len(lines)) if hashes is None else hashes
    text = head + "\n" + (f"extra {b64(line)}\n" if line is not None else "")
    text += f"index {index if number is None else number}\n" + "".join(b64(h) + "\n" for h in hashes)
    return text + "\n" + (checkpoint(lines) if tree_text is None else tree_text)


def growth(old=6, lines=LINES, hashes=None, tree_text=None, number=None):
    hashes = tree(lines).proof(old, len(lines)) if hashes is None else hashes
    text = f"old {old if number is None else number}\n" + "".join(b64(h) + "\n" for h in hashes)
    return text + "\n" + (checkpoint(lines) if tree_text is None else tree_text)


EDITED = LINES[:2] + [b'{"id":"2","kind":"order.canceled","source":"shop"}'] + LINES[3:]
EDITED_5 = LINES[:5] + [b'{"id":"5","kind":"order.canceled","source":"shop"}'] + LINES[6:]
path = tree(LINES).path(5, 0, 13)
grown = tree(LINES).proof(6, 13)
node = merkle.node_hash(merkle.leaf_hash(LINES[4]), merkle.leaf_hash(LINES[5]))
signed = checkpoint(LINES) + "\n\u2014 kept/forgeries " + b64(b"\0" * 68) + "\n"

NOW, OLD = "now.checkpoint", "old.checkpoint"
# file: (text, checkpoints it is held against, line given, answer, what it is)
FILES = {
    "true.tlog-proof": (inclusion(), [NOW], None, "proven", "no forgery: event 5 of 13"),
    "true-signed.tlog-proof": (inclusion(tree_text=signed), [NOW], None, "proven", "no forgery: a signature stays unread"),
    "true-without-line.tlog-proof": (
        inclusion(line=None), [NOW], LINES[5].decode(), "proven", "no forgery: whoever checks knows the line"),
    "true.growth": (growth(), [OLD], None, "proven", "no forgery: 13 events begin with 6"),
    "edited-line.tlog-proof": (
        inclusion(line=EDITED_5[5]), [NOW], None, "root_differs", "another line in the place of the true one"),
    "edited-ledger.tlog-proof": (
        inclusion(lines=EDITED_5), [NOW], None, "other_root", "true of a ledger in which event 5 was edited"),
    "edited-ledger-old-checkpoint.tlog-proof": (
        inclusion(lines=EDITED_5, tree_text=checkpoint(LINES)), [NOW], None, "root_differs",
        "the same, with the true checkpoint pasted below"),
    "other-place.tlog-proof": (inclusion(number=4), [NOW], None, "root_differs", "the true line, said to be event 4"),
    "beyond-tree.tlog-proof": (inclusion(number=13), [NOW], None, "beyond_tree", "event 13 of 13"),
    "other-size.tlog-proof": (
        inclusion(lines=LINES + [b"{}"]), [NOW], None, "other_size", "true of a ledger with one event more"),
    "other-size-claimed.tlog-proof": (
        inclusion(tree_text=checkpoint(LINES, size=12)), [NOW], None, "other_size", "a size that was changed"),
    "other-ledger.tlog-proof": (
        inclusion(tree_text=checkpoint(LINES, origin="kept/another")), [NOW], None, "other_ledger", "another ledger's name"),
    "hash-too-many.tlog-proof": (
        inclusion(hashes=path + [path[0]]), [NOW], None, "too_many_hashes", "a hash more at the end"),
    "hash-too-many-first.tlog-proof": (
        inclusion(hashes=[path[0]] + path), [NOW], None, "too_many_hashes", "a hash more at the beginning"),
    "hash-too-few.tlog-proof": (inclusion(hashes=path[:-1]), [NOW], None, "too_few_hashes", "the last hash left out"),
    "no-hashes.tlog-proof": (inclusion(hashes=[]), [NOW], None, "too_few_hashes", "no hash at all"),
    "hashes-swapped.tlog-proof": (
        inclusion(hashes=[path[1], path[0]] + path[2:]), [NOW], None, "root_differs", "two hashes in each other's place"),
    "hash-of-zeros.tlog-proof": (
        inclusion(hashes=[bytes(32)] + path[1:]), [NOW], None, "root_differs", "a hash of zeros"),
    "node-as-line.tlog-proof": (
        inclusion(line=merkle.leaf_hash(LINES[4]) + merkle.leaf_hash(LINES[5]), hashes=path[1:], number=2), [NOW], None,
        "too_few_hashes", "two hashes passed off as a line, their node as its leaf"),
    "root-as-hash.tlog-proof": (
        inclusion(hashes=path[:-1] + [tree(LINES).mth(0, 13)]), [NOW], None, "root_differs", "the root among the hashes"),
    "other-line-given.tlog-proof": (
        inclusion(), [NOW], LINES[4].decode(), "other_line", "a true proof of another line than the one given"),
    "no-line.tlog-proof": (inclusion(line=None), [NOW], None, "no_line", "hashes only, and no line given"),
    "wrong-line-given.tlog-proof": (
        inclusion(line=None), [NOW], LINES[4].decode(), "root_differs", "hashes only, and another line given"),
    "other-version.tlog-proof": (
        inclusion(head="c2sp.org/tlog-proof@v2"), [NOW], None, "malformed", "a version that is not known"),
    "leading-zero.tlog-proof": (inclusion(number="05"), [NOW], None, "malformed", "a position with a leading zero"),
    "plus-sign.tlog-proof": (inclusion(number="+5"), [NOW], None, "malformed", "a position with a sign"),
    "position-too-large.tlog-proof": (
        inclusion(number=1 << 64), [NOW], None, "malformed", "a position of 65 bits"),
    "no-position.tlog-proof": (
        inclusion().replace("index 5\n", ""), [NOW], None, "malformed", "the line with the position left out"),
    "line-not-base64.tlog-proof": (
        inclusion().replace("extra ", "extra !"), [NOW], None, "malformed", "a line that is no base64"),
    "hash-not-base64.tlog-proof": (
        inclusion().replace(b64(path[0]), b64(path[0])[:-1] + "!"), [NOW], None, "malformed", "a hash that is no base64"),
    "hash-of-31-bytes.tlog-proof": (
        inclusion(hashes=[path[0][:31]] + path[1:]), [NOW], None, "malformed", "a hash of 31 bytes"),
    "spare-bits.tlog-proof": (
        inclusion().replace(b64(path[0]), b64(path[0])[:-2] + chr(ord(b64(path[0])[-2]) + 1) + "="), [NOW], None,
        "malformed", "the same hash spelled with other spare bits"),
    "crlf.tlog-proof": (inclusion().replace("\n", "\r\n"), [NOW], None, "malformed", "Windows line ends"),
    "no-empty-line.tlog-proof": (
        inclusion().replace("\n\n", "\n"), [NOW], None, "malformed", "nothing between hashes and checkpoint"),
    "no-checkpoint.tlog-proof": (
        inclusion(tree_text="").rstrip("\n") + "\n", [NOW], None, "malformed", "the checkpoint left out"),
    "checkpoint-cut.tlog-proof": (
        inclusion(tree_text="kept/forgeries\n13\n"), [NOW], None, "malformed_checkpoint", "a checkpoint without its root"),
    "checkpoint-zero.tlog-proof": (
        inclusion(tree_text=checkpoint(LINES, size="013")), [NOW], None, "malformed_checkpoint",
        "a size with a leading zero"),
    "text-after.tlog-proof": (
        inclusion(tree_text=checkpoint(LINES) + "\nand more\n"), [NOW], None, "malformed_checkpoint",
        "text that is no signature behind the checkpoint"),
    "not-utf-8.tlog-proof": (
        inclusion().encode().replace(b"kept/", b"kept\xff"), [NOW], None, "malformed", "bytes that no text has"),
    "empty.tlog-proof": ("", [NOW], None, "malformed", "nothing"),
    "checkpoint-only.tlog-proof": (checkpoint(LINES), [NOW], None, "malformed", "a checkpoint where a proof is expected"),
    "64-hashes.tlog-proof": (
        inclusion(hashes=[bytes(32)] * 64), [NOW], None, "malformed", "more hashes than any tree has"),
    "edited.growth": (
        growth(lines=EDITED), [OLD], None, "old_root_differs", "true of a ledger in which event 2 was edited"),
    "edited-true-checkpoint.growth": (
        growth(lines=EDITED, tree_text=checkpoint(LINES)), [OLD], None, "old_root_differs",
        "the same, with the true newer checkpoint"),
    "other-root.growth": (
        growth(tree_text=checkpoint(LINES, root=bytes(32))), [OLD], None, "root_differs", "a newer root that is made up"),
    "other-root-known.growth": (
        growth(lines=LINES[:7] + EDITED_5[5:6] + LINES[8:]), [OLD, NOW], None, "other_root",
        "another history after event 6, held against both checkpoints"),
    "other-old-size.growth": (growth(number=7), [OLD], None, "other_size", "7 events said to be the older ones"),
    "backwards.growth": (
        growth(hashes=grown, tree_text=checkpoint(LINES[:6]), number=13), [NOW], None, "sizes_reversed",
        "a newer checkpoint with fewer events: the ledger was cut"),
    "hash-too-many.growth": (growth(hashes=grown + [grown[0]]), [OLD], None, "too_many_hashes", "a hash more"),
    "hash-too-few.growth": (growth(hashes=grown[1:]), [OLD], None, "too_few_hashes", "the first hash left out"),
    "hashes-swapped.growth": (
        growth(hashes=[grown[1], grown[0]] + grown[2:]), [OLD], None, "old_root_differs",
        "two hashes in each other's place"),
    "same-size.growth": (
        growth(old=13, lines=EDITED, hashes=[]), [NOW], None, "old_root_differs", "as many events, another root"),
    "hashes-for-nothing.growth": (
        growth(old=13, hashes=grown), [NOW], None, "too_many_hashes", "as many events, and hashes that nothing asks for"),
    "other-ledger.growth": (
        growth(tree_text=checkpoint(LINES, origin="kept/another")), [OLD], None, "other_ledger", "another ledger's name"),
    "no-size.growth": (growth().replace("old 6", "old six"), [OLD], None, "malformed", "no number of events"),
    "old-cut.checkpoint": ("kept/forgeries\n6\n", None, None, "not_a_checkpoint", "two lines"),
    "old-crlf.checkpoint": (
        checkpoint(LINES[:6]).replace("\n", "\r\n"), None, None, "not_a_checkpoint", "Windows line ends"),
    "old-no-end.checkpoint": (
        checkpoint(LINES[:6]).rstrip("\n"), None, None, "not_a_checkpoint", "the last line end missing"),
    "old-zero.checkpoint": (
        checkpoint(LINES[:6], size="06"), None, None, "not_a_checkpoint", "a size with a leading zero"),
    "old-short-root.checkpoint": (
        checkpoint(LINES[:6], root=bytes(31)), None, None, "not_a_checkpoint", "a root of 31 bytes"),
    "old-not-utf-8.checkpoint": (b"kept\xff\n6\n" + checkpoint(LINES[:6]).split("\n")[2].encode() + b"\n", None, None,
                                 "not_a_checkpoint", "bytes that no text has"),
    "old-text-after.checkpoint": (
        checkpoint(LINES[:6]) + "\nsigned by nobody\n", None, None, "not_a_checkpoint", "text that is no signature"),
}


def main(folder):
    os.makedirs(folder, exist_ok=True)
    texts = {NOW: checkpoint(LINES), OLD: checkpoint(LINES[:6])}
    texts |= {name: text for name, (text, *_) in FILES.items()}
    index = []
    for name, (_, against, line, answer, what) in FILES.items():
        # A checkpoint is tried with a true proof.
        words = ["true.growth", name] if against is None else [name, *against]
        entry = {"file": name, "words": words + ([line] if line else []), "answer": answer, "what": what}
        index.append(json.dumps(entry) + "\n")
    texts["index.jsonl"] = "".join(index)
    for name, text in texts.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())


if __name__ == "__main__":
    main(sys.argv[1])
