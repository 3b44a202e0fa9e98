\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
---------------------------- MODULE MCCacheFusion ----------------------------
(* What TLC needs beside the specification: symmetry of the nodes. *)
EXTENDS CacheFusion
Symmetry == Permutations(Node)
SymmetryBoth == Permutations(Node) \cup Permutations(Block)
=============================================================================
