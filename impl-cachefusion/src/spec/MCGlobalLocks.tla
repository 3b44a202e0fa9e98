\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
---------------------------- MODULE MCGlobalLocks ----------------------------
(* What TLC needs beside the specification: symmetry of nodes and owners. *)
EXTENDS GlobalLocks
Symmetry == Permutations(Node) \cup Permutations(Owner)
=============================================================================
