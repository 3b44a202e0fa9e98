// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo.planted;

/** Cannot be made without nine other things. */
abstract class NeedsTooMuch {
  NeedsTooMuch(int a, int b, int c, int d, int e, int f, int g, int h, int tooMuch) {}
}
