\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
------------------------------ MODULE MCMembers ------------------------------
(* What TLC needs beside the specification: symmetry of the nodes. *)
EXTENDS Members
Symmetry == Permutations(Node)
=============================================================================
