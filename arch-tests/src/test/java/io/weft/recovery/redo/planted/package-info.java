// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Breaks the rule about the packages of recovery on purpose, to prove that it bites. */
package io.weft.recovery.redo.planted;
