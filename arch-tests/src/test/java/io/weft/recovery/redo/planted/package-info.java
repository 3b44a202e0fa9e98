// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Breaks the rules about recovery, and about the engine, on purpose, to prove that they bite. */
package io.weft.recovery.redo.planted;
