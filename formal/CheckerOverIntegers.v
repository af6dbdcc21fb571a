(** * The checker over [Z] (no axiom) and over [bigZ] (machine integers). *)
From Coq Require Import ZArith.
From Bignums Require Import BigZ.
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp Require Import ssrZ.
From URNN Require Import Setting Norms Dilation Theorem_3_1 CertificateChecker.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Inst.
Variable K : rcfType.

Definition zK (z : Z) : K := (int_of_Z z)%:~R.

Lemma zK0 : zK Z0 = 0. Proof. by []. Qed.
Lemma zKD x y : zK (Z.add x y) = zK x + zK y.
Proof. by have -> : Z.add x y = (x + y)%R by []; rewrite /zK !rmorphD. Qed.
Lemma zKB x y : zK (Z.sub x y) = zK x - zK y.
Proof. by have -> : Z.sub x y = (x - y)%R by []; rewrite /zK !rmorphB. Qed.
Lemma zKM x y : zK (Z.mul x y) = zK x * zK y.
Proof. by have -> : Z.mul x y = (x * y)%R by []; rewrite /zK !rmorphM. Qed.
Lemma int_of_Z_ge0 z : Z.leb Z0 z = (0 <= int_of_Z z).
Proof. by case: z. Qed.
Lemma leb_sub x y : Z.leb x y = Z.leb Z0 (Z.sub y x).
Proof. by apply/idP/idP => /Z.leb_le h; apply/Z.leb_le; Lia.lia. Qed.
Lemma zK_le x y : Z.leb x y = (zK x <= zK y).
Proof. by rewrite -[in RHS]subr_ge0 -zKB /zK ler0z leb_sub int_of_Z_ge0. Qed.
Lemma zK_lt x y : Z.ltb x y -> zK x < zK y.
Proof.
move=> h; rewrite ltNge -zK_le; apply/negP => /Z.leb_le h'.
by move/Z.ltb_lt: h; Lia.lia.
Qed.
Lemma zK_eq x y : Z.eqb x y -> zK x = zK y.
Proof. by move/Z.eqb_eq->. Qed.

Definition checkZ := check Z0 Z.add Z.sub Z.mul Z.eqb Z.leb Z.ltb.

Theorem checkZ_sound (c : cert Z) : checkZ c ->
  orthogonal (trans (urnn Z0 zK c)) /\
  equivalent (@relu K) (bound_M zK c) (net Z0 zK c) (urnn Z0 zK c).
Proof. exact: check_sound zK0 zKD zKB zKM zK_eq zK_le zK_lt c. Qed.

Definition existsZ := check_exists Z0 Z.add Z.sub Z.mul Z.leb Z.ltb.
Theorem existsZ_sound (c : cert Z) (M : K) : existsZ c ->
  exists N (T' : rnn K N (c_m c) (c_p c)),
    [/\ (N <= 2 * c_n c)%N, orthogonal (trans T') &
        equivalent (@relu K) M (net Z0 zK c) T'].
Proof. exact: (check_exists_sound zK0 zKD zKB zKM zK_le zK_lt). Qed.

(** bigZ *)
Definition bK (z : BigZ.t) : K := zK (BigZ.to_Z z).
Lemma bK0 : bK BigZ.zero = 0. Proof. by rewrite /bK BigZ.spec_0. Qed.
Lemma bKD x y : bK (BigZ.add x y) = bK x + bK y. Proof. by rewrite /bK BigZ.spec_add zKD. Qed.
Lemma bKB x y : bK (BigZ.sub x y) = bK x - bK y. Proof. by rewrite /bK BigZ.spec_sub zKB. Qed.
Lemma bKM x y : bK (BigZ.mul x y) = bK x * bK y. Proof. by rewrite /bK BigZ.spec_mul zKM. Qed.
Lemma bK_le x y : BigZ.leb x y = (bK x <= bK y).
Proof. by rewrite BigZ.spec_leb zK_le. Qed.
Lemma bK_lt x y : BigZ.ltb x y -> bK x < bK y.
Proof. by rewrite BigZ.spec_ltb; exact: zK_lt. Qed.
Lemma bK_eq x y : BigZ.eqb x y -> bK x = bK y.
Proof. by rewrite BigZ.spec_eqb; exact: zK_eq. Qed.

Definition checkB := check BigZ.zero BigZ.add BigZ.sub BigZ.mul BigZ.eqb BigZ.leb BigZ.ltb.

Theorem checkB_sound (c : cert BigZ.t) : checkB c ->
  orthogonal (trans (urnn BigZ.zero bK c)) /\
  equivalent (@relu K) (bound_M bK c) (net BigZ.zero bK c) (urnn BigZ.zero bK c).
Proof. exact: check_sound bK0 bKD bKB bKM bK_eq bK_le bK_lt c. Qed.
Definition existsB := check_exists BigZ.zero BigZ.add BigZ.sub BigZ.mul BigZ.leb BigZ.ltb.
Theorem existsB_sound (c : cert BigZ.t) (M : K) : existsB c ->
  exists N (T' : rnn K N (c_m c) (c_p c)),
    [/\ (N <= 2 * c_n c)%N, orthogonal (trans T') &
        equivalent (@relu K) M (net BigZ.zero bK c) T'].
Proof. exact: (check_exists_sound bK0 bKD bKB bKM bK_le bK_lt). Qed.

(** A diagonal scaling, norm 1, and other activations. *)
Definition scaledB o c e := checkB c && check_scaling BigZ.zero BigZ.mul BigZ.eqb BigZ.ltb o c e.
Theorem scaledB_sound (o c : cert BigZ.t) (e : seq BigZ.t) : scaledB o c e ->
  orthogonal (trans (urnn BigZ.zero bK c)) /\
  equivalent (@relu K) (bound_M bK c) (net BigZ.zero bK (original o c)) (urnn BigZ.zero bK c).
Proof. exact: (check_scaled_sound bK0 bKD bKB bKM bK_eq bK_le bK_lt). Qed.
Definition exists_scaledB o c e :=
  existsB c && check_scaling BigZ.zero BigZ.mul BigZ.eqb BigZ.ltb o c e.
Theorem exists_scaledB_sound (o c : cert BigZ.t) (e : seq BigZ.t) (M : K) :
  exists_scaledB o c e ->
  exists N (T' : rnn K N (c_m c) (c_p c)),
    [/\ (N <= 2 * c_n c)%N, orthogonal (trans T') &
        equivalent (@relu K) M (net BigZ.zero bK (original o c)) T'].
Proof. exact: (exists_scaled_sound bK0 bKD bKB bKM bK_eq bK_le bK_lt). Qed.

Definition norm_oneB o c e mu :=
  check_norm_one BigZ.zero BigZ.add BigZ.sub BigZ.mul BigZ.eqb BigZ.leb BigZ.ltb o c e mu.
Theorem norm_oneB_sound (o c : cert BigZ.t) (e : seq BigZ.t) (mu : BigZ.t) : norm_oneB o c e mu ->
  orthogonal (trans (urnn BigZ.zero bK (original o c))) /\
  equivalent (@relu K) (bound_M bK (original o c)) (net BigZ.zero bK (original o c))
    (urnn BigZ.zero bK (original o c)).
Proof. exact: (check_norm_one_sound bK0 bKD bKB bKM bK_eq bK_le bK_lt). Qed.

(** max (lo, min (hi, a z + s)), all four numbers over one denominator [d]. *)
Definition clampB (a s lo hi d : BigZ.t) : K -> K :=
  clamp (bK a / bK d) (bK s / bK d) (bK lo / bK d) (bK hi / bK d).
Definition exists_clampB (c : cert BigZ.t) (a lo hi d : BigZ.t) : bool :=
  [&& existsB c, BigZ.ltb BigZ.zero a, BigZ.leb a d, BigZ.leb lo hi & BigZ.ltb BigZ.zero d].
Theorem exists_clampB_sound (c : cert BigZ.t) (a s lo hi d : BigZ.t) (M : K) :
  exists_clampB c a lo hi d ->
  exists N (T' : rnn K N (c_m c) (c_p c)),
    [/\ (N <= 2 * c_n c)%N, orthogonal (trans T') &
        equivalent (clampB a s lo hi d) M (net BigZ.zero bK c) T'].
Proof.
case/and5P=> ec /bK_lt a0 ad lh /bK_lt d0; rewrite bK0 in a0 d0; rewrite !bK_le in ad lh.
have q0 : 0 < bK a / bK d by rewrite divr_gt0.
apply: (exists_flat_sound bK0 bKD bKB bKM bK_le bK_lt M _ _ ec).
  by apply: clamp_nonexp; rewrite ltW //= ler_pdivr_mulr // mul1r.
by move=> z; apply: clamp_flat; rewrite // ler_pmul2r // invr_gt0.
Qed.
End Inst.

(** A fingerprint of all sizes and numbers of a certificate, in the order of its fields: changing
    one of them changes it. It ties a written file to the network it was written for; no theorem
    rests on it. *)
Definition sizes (c : cert BigZ.t) : seq BigZ.t :=
  map (fun n => BigZ.of_Z (Z.of_nat n)) [:: c_n c; c_m c; c_p c; c_r c].
Definition numbers (c : cert BigZ.t) : seq BigZ.t :=
  sizes c ++ flatten (c_W c) ++ c_dW c :: flatten (c_F c) ++ c_dF c :: c_b c ++ c_db c ::
  flatten (c_C c) ++ c_dC c :: c_h c ++ c_dh c :: c_M c :: c_dM c ::
  c_H c :: c_dH c :: c_rho c :: c_drho c :: c_s c :: flatten (c_L c) ++
  c_nF c :: c_dnF c :: c_nb c :: c_dnb c :: flatten (c_Q c) ++
  c_a c :: c_alpha c ++ c_dd c ++ c_e c.
Definition fingerprint (l : seq BigZ.t) : BigZ.t :=
  foldl (fun h z => BigZ.modulo (BigZ.add (BigZ.mul h (BigZ.of_Z 1000003)) z)
                                (BigZ.of_Z 2305843009213693951)) BigZ.one l.
