(** * The normal distribution function, without integration theory.

    MathComp Analysis 0.6 has no fundamental theorem of calculus. So the antiderivative G of
    e^(-z^2/2) with G(0) = 0 is its power series, K is the supremum of G (half the Gaussian
    integral), and the distribution function is (K + G) / (2 K): its slope is a multiple of
    e^(-z^2/2), and it tends to 0 at -infinity and to 1 at +infinity ([normal_cdf_spec]); no
    other function does. That K^2 is pi/2 is not used. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals ereal nsatz_realtype signed topology normedtype landau
  sequences derive realfun exp.
Import numFieldNormedType.Exports.
From URNN Require Import Setting FirstOrder TanhAndLogistic RealNumbers Slopes.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section PowerSeries.
Variable R : realType.
Implicit Types (a : nat -> R) (r x : R).

(** Coefficients of a power series that converges everywhere. *)
Definition entire a : Prop := forall r, 0 < r -> exists C, forall n, `|a n| * r ^+ n <= C.

Lemma entire_cvg a x : entire a -> cvg (pseries a x).
Proof.
move=> ea; have r0 : 0 < `|x| + 1 by rewrite ltr_paddl ?ltr01.
have [C hC] := ea _ r0; set r := `|x| + 1 in r0 hC; apply: normed_cvg.
have C0 : 0 <= C by apply: le_trans (hC 0%N); rewrite expr0 mulr1.
have q0 : 0 <= `|x| / r by rewrite divr_ge0 // ltW.
apply: (@series_le_cvg _ _ (geometric C (`|x| / r))) => [n|n|n|].
- exact: normr_ge0.
- by rewrite /= mulr_ge0 ?exprn_ge0.
- rewrite /= normrM normrX expr_div_n [leRHS]mulrA ler_pdivl_mulr ?exprn_gt0 //.
  by rewrite mulrAC; apply: ler_wpmul2r; rewrite ?exprn_ge0.
apply: is_cvg_geometric_series; rewrite ger0_norm // ltr_pdivr_mulr // mul1r.
by rewrite /r ltr_addl ltr01.
Qed.

Lemma entire_diffs a : entire a -> entire (pseries_diffs a).
Proof.
move=> ea r r0; have r2 : 0 < 2%:R * r by rewrite mulr_gt0 ?ltr0n.
have [C hC] := ea _ r2; exists (C / r) => n.
rewrite ler_pdivl_mulr // -mulrA -exprSr /pseries_diffs normrM ger0_norm ?ler0n //.
apply: le_trans _ (hC n.+1); rewrite exprMn mulrA [_ * 2%:R ^+ _]mulrC.
apply: ler_wpmul2r; first by rewrite exprn_ge0 // ltW.
by apply: ler_wpmul2r => //; rewrite -natrX ler_nat ltnW // ltn_expl.
Qed.

Definition power_sum a x : R := lim (pseries a x).

Lemma power_sum_slope a x : entire a ->
  has_slope (power_sum a) x (power_sum (pseries_diffs a) x).
Proof.
move=> ea; have ed := entire_diffs ea.
apply: derive_has_slope; apply: (@pseries_snd_diffs R a (`|x| + 1)).
- exact: entire_cvg.
- exact: entire_cvg.
- exact/entire_cvg/entire_diffs.
by rewrite [ltRHS]ger0_norm ?ltr_addl ?ltr01 // addr_ge0 ?ler01.
Qed.

Lemma power_sum0 a : power_sum a 0 = a 0%N.
Proof.
apply: cvg_lim => //; rewrite -cvg_shiftS.
have -> : [sequence pseries a 0 n.+1]_n = fun=> a 0%N; last exact: cvg_cst.
rewrite funeqE => n; rewrite /pseries /= /series /= big_nat_recl //= expr0 mulr1 big1 ?addr0 //.
by move=> i _; rewrite expr0n /= mulr0.
Qed.
End PowerSeries.

Section Normal.
Variable R : realType.
Let he := @expR_expo R.
Implicit Types (x z B delta : R).

Definition gauss z : R := expR (- (z ^+ 2 / 2%:R)).

Lemma gauss_gt0 z : 0 < gauss z. Proof. exact: expR_gt0. Qed.

Lemma gaussN z : gauss (- z) = gauss z. Proof. by rewrite /gauss sqrrN. Qed.

Lemma expsq_slope c z :
  has_slope (fun t => expR (c * t ^+ 2)) z (expR (c * z ^+ 2) * (c * (2%:R * z))).
Proof.
exact: slope_comp (slopeZ c (slope_sqr z)) (e_slope he _).
Qed.

Lemma gaussE z : gauss z = expR (- 2%:R^-1 * z ^+ 2).
Proof. by rewrite /gauss mulNr mulrC. Qed.

Lemma gauss_slope z : has_slope gauss z (- z * gauss z).
Proof.
apply: slope_ext (slope_eq _ (expsq_slope (- 2%:R^-1) z)) => [t|]; first by rewrite gaussE.
by rewrite -gaussE; field.
Qed.

(** e^(-z^2/2) = sum of gauss_coef n z^n: (n + 2) c_(n+2) = - c_n. *)
Fixpoint gauss_coef (n : nat) : R :=
  if n is n'.+1 then if n' is n''.+1 then - gauss_coef n'' / n%:R else 0 else 1.

Lemma gauss_coefE n : gauss_coef n.+2 = - gauss_coef n / n.+2%:R. Proof. by []. Qed.

Lemma gauss_coef_entire : entire gauss_coef.
Proof.
move=> r r0; pose m := Num.bound (r ^+ 2).
have rm : r ^+ 2 < m%:R by apply: archi_boundP; rewrite exprn_ge0 // ltW.
pose u n := `|gauss_coef n| * r ^+ n; pose C := \sum_(i < m.+2) u i.
have u0 n : 0 <= u n by rewrite mulr_ge0 ?exprn_ge0 // ltW.
have small n : (n < m.+2)%N -> u n <= C.
  move=> nm; rewrite /C (bigD1 (Ordinal nm)) //= ler_addl; apply: sumr_ge0 => i _; exact: u0.
exists C; rewrite -/(u _) => n; suff [] : u n <= C /\ u n.+1 <= C by [].
elim: n => [|n [IH0 IH1]]; first by split; apply: small.
split=> //; have [lt|ge] := ltnP n.+2 m.+2; first exact: small.
apply: le_trans IH0; rewrite /u gauss_coefE normrM normrN normfV.
have -> : r ^+ n.+2 = r ^+ n * r ^+ 2 by rewrite -exprD addn2.
rewrite mulrACA -[leRHS]mulr1; apply: ler_wpmul2l; first exact: u0.
rewrite ger0_norm ?ler0n // mulrC ler_pdivr_mulr ?ltr0n // mul1r.
by apply/ltW/(lt_le_trans rm); rewrite ler_nat; apply: leq_trans ge; rewrite -addn2 leq_addr.
Qed.

Lemma gauss_series z : power_sum gauss_coef z = gauss z.
Proof.
pose F := power_sum gauss_coef.
have dF x : power_sum (pseries_diffs gauss_coef) x = - x * F x.
  apply: cvg_lim => //; rewrite -cvg_shiftS.
  have -> : [sequence pseries (pseries_diffs gauss_coef) x n.+1]_n
          = fun n => - x * pseries gauss_coef x n.
    rewrite funeqE => n; rewrite /pseries /= /series /= big_nat_recl //= /pseries_diffs /=.
    rewrite mulr0 mul0r add0r mulr_sumr; apply: eq_bigr => i _; rewrite exprS.
    have i0 : i.+2%:R != 0 :> R by rewrite pnatr_eq0.
    by move: i0; move: (i.+2%:R) (gauss_coef i) (x ^+ i) => k u y k0; field.
  have c : pseries gauss_coef x --> F x := entire_cvg gauss_coef_entire.
  exact: cvgMr c.
have hF x : has_slope F x (- x * F x) by rewrite -dF; apply: power_sum_slope gauss_coef_entire.
pose g t : R := expR (2%:R^-1 * t ^+ 2).
have hD x : has_slope (fun t => F t * g t) x ((fun=> 0) x).
  by apply: slope_eq (slopeM (hF x) (expsq_slope _ x)); rewrite -/(g x); field.
have const x y : x < y -> F y * g y = F x * g x.
  move=> xy; have [c _ /eqP] := slope_mvt hD xy.
  by rewrite mul0r subr_eq0 => /eqP.
have D0 : F 0 * g 0 = 1 by rewrite /F power_sum0 /g expr0n mulr0 expR0 mulr1.
have e : F z * g z = 1.
  by have [/const|/const|->] := ltgtP z 0; rewrite ?D0.
rewrite -/(F z) -[LHS]mulr1 -(expRxMexpNx_1 (2%:R^-1 * z ^+ 2)) mulrA -/(g z) e mul1r.
by rewrite gaussE mulNr.
Qed.

(** G(z) = the integral of e^(-t^2/2) from 0 to z. *)
Definition gauss_int_coef (n : nat) : R := if n is n'.+1 then gauss_coef n' / n%:R else 0.
Definition gauss_int z : R := power_sum gauss_int_coef z.

Lemma gauss_int_slope z : has_slope gauss_int z (gauss z).
Proof.
have en : entire gauss_int_coef.
  move=> r r0; have [C hC] := gauss_coef_entire r0; exists (C * r) => -[|n].
    rewrite normr0 mul0r mulr_ge0 ?(ltW r0) //.
    by apply: le_trans (hC 0%N); rewrite mulr_ge0 ?expr0 ?ler01.
  rewrite exprSr mulrA; apply: ler_wpmul2r; first exact: ltW.
  apply: le_trans (hC n); apply: ler_wpmul2r; first by rewrite exprn_ge0 // ltW.
  rewrite /= normrM normfV [`|n.+1%:R|]ger0_norm ?ler0n // ler_pdivr_mulr ?ltr0n //.
  by rewrite ler_pemulr // ler1n.
apply: slope_eq (power_sum_slope z en); rewrite -gauss_series; congr (power_sum _ z).
by rewrite funeqE => n; rewrite /pseries_diffs /= mulrC divfK // pnatr_eq0.
Qed.

Lemma gauss_int0 : gauss_int 0 = 0. Proof. exact: power_sum0. Qed.

Lemma gauss_int_mono x z : x <= z -> gauss_int x <= gauss_int z.
Proof. by move=> xz; apply: (slope_mono gauss_int_slope xz) => c _; apply/ltW/gauss_gt0. Qed.

Lemma gauss_intN z : gauss_int (- z) = - gauss_int z.
Proof.
have h x : has_slope (fun t => gauss_int t + gauss_int (-1 * t)) x ((fun=> 0) x).
  apply: slope_eq (slopeD (gauss_int_slope x)
    (slope_comp (slopeZ (-1) (slope_id x)) (gauss_int_slope _))).
  by rewrite mulN1r gaussN mulr1 mulrN1 subrr.
suff : gauss_int z + gauss_int (-1 * z) = 0.
  by rewrite mulN1r addrC => /eqP; rewrite addr_eq0 => /eqP.
have D0 : gauss_int 0 + gauss_int (-1 * 0) = 0 by rewrite mulr0 gauss_int0 addr0.
have const x y : x < y -> gauss_int y + gauss_int (-1 * y) = gauss_int x + gauss_int (-1 * x).
  by move=> /(slope_mvt h)[c _ /eqP]; rewrite mul0r subr_eq0 => /eqP.
by have [/const|/const|->] := ltgtP z 0; rewrite ?D0.
Qed.

(** What is left beyond B is at most e^(-B^2/2) / B. *)
Lemma gauss_int_beyond B z : 0 < B -> gauss_int z <= gauss_int B + gauss B / B.
Proof.
move=> B0; have [zB|/ltW Bz] := leP z B.
  by apply: le_trans (gauss_int_mono zB) _; rewrite ler_addl divr_ge0 ?ltW // gauss_gt0.
pose f t := - (gauss_int t + B^-1 * gauss t).
have h x : has_slope f x (gauss x * (x / B - 1)).
  apply: slope_ext (slope_eq _ (slopeZ (-1) (slopeD (gauss_int_slope x)
    (slopeZ B^-1 (gauss_slope x))))) => [t|]; first by rewrite mulN1r.
  by rewrite mulN1r; ring.
have : f B <= f z.
  apply: (slope_mono h Bz) => c /andP[Bc _].
  by rewrite mulr_ge0 ?(ltW (gauss_gt0 _)) // subr_ge0 ler_pdivl_mulr // mul1r ltW.
rewrite ler_opp2 => le; rewrite [gauss B / B]mulrC; apply: le_trans le.
by rewrite ler_addl mulr_ge0 ?invr_ge0 ?(ltW B0) // ltW ?gauss_gt0.
Qed.

(** K = the integral of e^(-t^2/2) over t >= 0. *)
Definition gauss_half : R := sup [set gauss_int z | z in setT].

Lemma gauss_half_ge z : gauss_int z <= gauss_half.
Proof.
apply: sup_ub; last by exists z.
by exists (gauss_int 1 + gauss 1 / 1) => _ [x _ <-]; apply: gauss_int_beyond; apply: ltr01.
Qed.

Lemma gauss_half_le B : 0 < B -> gauss_half <= gauss_int B + gauss B / B.
Proof.
move=> B0; apply: sup_le_ub; first by exists (gauss_int 0), 0.
by move=> _ [x _ <-]; apply: gauss_int_beyond.
Qed.

(** ** Numbers: e^-u and G between partial sums of their series, and K >= 1.2516. *)
Fixpoint exp_coef (n : nat) : R := if n is n'.+1 then - exp_coef n' / n%:R else 1.
Fixpoint exp_sum (n : nat) u : R :=
  if n is n'.+1 then exp_sum n' u + exp_coef n' * u ^+ n' else 0.
Fixpoint gauss_sum (n : nat) u : R :=
  if n is n'.+1 then gauss_sum n' u + exp_coef n' / n'.*2.+1%:R * u ^+ n' else 0.

Lemma exp_sum_slope n u : has_slope (exp_sum n.+1) u (- exp_sum n u).
Proof.
elim: n => [|n IH].
  by rewrite oppr0; apply: slope_ext (slope_const 1 u) => z; rewrite /= expr0 add0r mulr1.
have n1 : n.+1%:R != 0 :> R by rewrite pnatr_eq0.
apply: slope_eq (slopeD IH (slopeZ (exp_coef n.+1) (slope_exp n u))) => /=.
move: n1; move: (n.+1%:R) (exp_coef n) (exp_sum n u) (u ^+ n) => k c e v n1.
by field.
Qed.

Lemma exp_sum_le n u : 0 <= u -> 0 <= (-1) ^+ n * (expR (- u) - exp_sum n u).
Proof.
elim: n u => [|n IH] u u0; first by rewrite expr0 mul1r subr0 ltW ?expR_gt0.
have hE x : has_slope (fun z => expR (-1 * z)) x (expR (-1 * x) * (-1 * 1)).
  exact: slope_comp (slopeZ (-1) (slope_id x)) (e_slope he _).
have h x : has_slope (fun z => (-1) ^+ n.+1 * (expR (-1 * z) + -1 * exp_sum n.+1 z)) x
    ((-1) ^+ n * (expR (- x) - exp_sum n x)).
  apply: slope_eq (slopeZ _ (slopeD (hE x) (slopeZ (-1) (exp_sum_slope n x)))).
  by rewrite [-1 * x]mulN1r exprS; move: ((-1) ^+ n) (expR _) (exp_sum n x) => q v w; ring.
have := slope_mono h u0; rewrite !mulN1r oppr0 expR0.
have -> : exp_sum n.+1 0 = 1.
  elim: {IH h hE}n => [|n IHn]; first by rewrite /= expr0 add0r mulr1.
  by rewrite [LHS]/= -/(exp_sum n.+1 0) IHn expr0n mulr0 addr0.
rewrite subrr mulr0; apply=> c /andP[c0 _].
by apply: IH; apply: ltW.
Qed.

Lemma gauss_sum_slope n z :
  has_slope (fun x => x * gauss_sum n (x ^+ 2 / 2%:R)) z (exp_sum n (z ^+ 2 / 2%:R)).
Proof.
elim: n => [|n IH].
  by apply: slope_ext (slope_const 0 z) => x; rewrite mulr0.
have term : has_slope (fun x => x * (x ^+ 2 / 2%:R) ^+ n) z (n.*2.+1%:R * (z ^+ 2 / 2%:R) ^+ n).
  case: {IH}n => [|n].
    by apply: slope_ext (slope_eq _ (slope_id z)) => [x|]; rewrite expr0 mulr1.
  have hq : has_slope (fun x => x ^+ 2 / 2%:R) z z.
    apply: slope_ext (slope_eq _ (slopeZ 2%:R^-1 (slope_sqr z))) => [x|]; first by rewrite mulrC.
    by field.
  apply: slope_eq (slopeM (slope_id z) (slope_comp hq (slope_exp n _))).
  rewrite mul1r exprS doubleS -[n.*2.+3]/(1 + (n.+1).*2)%N natrD -muln2 natrM.
  by move: (n.+1%:R) (_ ^+ n) => k v; field.
have n1 : n.*2.+1%:R != 0 :> R by rewrite pnatr_eq0.
apply: slope_ext (slope_eq _ (slopeD IH (slopeZ (exp_coef n / n.*2.+1%:R) term))) => [x|] /=.
  by rewrite mulrDr; congr (_ + _); rewrite mulrCA.
by rewrite mulrA divfK.
Qed.

Lemma gauss_int_le n z : 0 <= z ->
  0 <= (-1) ^+ n * (gauss_int z - z * gauss_sum n (z ^+ 2 / 2%:R)).
Proof.
move=> z0.
have h x := slopeZ ((-1) ^+ n) (slopeD (gauss_int_slope x) (slopeZ (-1) (gauss_sum_slope n x))).
have := slope_mono h z0; rewrite gauss_int0 !mul0r mulr0 addr0 mulr0 mulN1r; apply=> c _.
by rewrite mulN1r; apply: exp_sum_le; rewrite divr_ge0 ?sqr_ge0 ?ler0n.
Qed.

Lemma expR_N1 : 103%:R / 280%:R <= expR (- 1 : R) <= 53%:R / 144%:R.
Proof.
have := exp_sum_le 8 ler01; have := exp_sum_le 7 ler01.
have -> : exp_sum 8 1 = 103%:R / 280%:R :> R by rewrite [LHS]/=; field.
have -> : exp_sum 7 1 = 53%:R / 144%:R :> R by rewrite [LHS]/=; field.
rewrite -signr_odd /= expr1 mulN1r oppr_ge0 subr_le0 => ->.
by rewrite -signr_odd /= expr0 mul1r subr_ge0 => ->.
Qed.

Lemma gauss_int_2 : (269%:R * 1000%:R + 294%:R) / (225%:R * 1001%:R) <= gauss_int 2%:R.
Proof.
have := gauss_int_le 8 (ler0n R 2); rewrite -signr_odd /= expr0 mul1r subr_ge0.
apply: le_trans; rewrite -subr_ge0; set q := _ - _.
have -> : q = 0 by rewrite /q /double /=; field.
exact: lexx.
Qed.

(** Beyond 2 there is at least 207/500 e^-2. *)
Lemma gauss_half_ge_value : 3129%:R / 2500%:R <= gauss_half.
Proof.
pose f z := gauss_int z + gauss z * (207%:R / 500%:R + (7%:R^-1 * 2%:R - 7%:R^-1 * z)).
have h z : has_slope f z (gauss z * ((z - 2449%:R / 1000%:R) ^+ 2 / 7%:R
    + 2399%:R / (7%:R * 1000%:R ^+ 2))).
  have l := slopeD (slope_const (207%:R / 500%:R) z) (slopeD (slope_const (7%:R^-1 * 2%:R) z)
    (slopeZ (- 7%:R^-1) (slope_id z))).
  apply: slope_ext (slope_eq _ (slopeD (gauss_int_slope z) (slopeM (gauss_slope z) l))) => [x|].
    by rewrite /f mulNr.
  by move: (gauss z) => v; field.
have le : f 2%:R <= f 5%:R.
  apply: (slope_mono h); first by rewrite ler_nat.
  move=> c _; apply: mulr_ge0; first by rewrite ltW ?gauss_gt0.
  by apply: addr_ge0; apply: divr_ge0; rewrite ?sqr_ge0 ?mulr_ge0 ?exprn_ge0 ?ler0n.
have f5 : f 5%:R <= gauss_half.
  apply: le_trans (gauss_half_ge 5%:R); rewrite /f ger_addl; apply: mulr_ge0_le0.
    by rewrite ltW ?gauss_gt0.
  have -> : 207%:R / 500%:R + (7%:R^-1 * 2%:R - 7%:R^-1 * 5%:R) = - (51%:R / 3500%:R) :> R.
    by field.
  by rewrite oppr_le0 divr_ge0 ?ler0n.
apply: le_trans (le_trans le f5); rewrite /f subrr addr0.
have e2 : 103%:R / 280%:R * (103%:R / 280%:R) <= gauss 2%:R.
  have -> : gauss 2%:R = expR (- 1) * expR (- 1).
    by rewrite /gauss -expRD; congr expR; field.
  by case/andP: expR_N1 => l _; apply: ler_pmul; rewrite ?divr_ge0 ?ler0n.
have a0 : 0 <= 207%:R / 500%:R :> R by rewrite divr_ge0 ?ler0n.
apply: le_trans _ (ler_add gauss_int_2 (ler_wpmul2r a0 e2)); rewrite -subr_ge0.
set q := _ - _.
have -> : q = (4468%:R * 1000%:R + 441%:R) / (504%:R * 10%:R ^+ 8 + 504%:R * 10%:R ^+ 5).
  by rewrite /q; field.
apply: divr_ge0; first by rewrite addr_ge0 ?mulr_ge0 ?ler0n.
by rewrite addr_ge0 ?mulr_ge0 ?exprn_ge0 ?ler0n.
Qed.

Lemma gauss_half_ge54 : 5%:R / 4%:R <= gauss_half.
Proof.
apply: le_trans gauss_half_ge_value; rewrite -subr_ge0.
have -> : 3129%:R / 2500%:R - 5%:R / 4%:R = 1 / 625%:R :> R by field.
by rewrite divr_ge0 ?ler01 ?ler0n.
Qed.

Lemma gauss_half_gt0 : 0 < gauss_half.
Proof. by apply: lt_le_trans gauss_half_ge54; rewrite divr_gt0 ?ltr0n. Qed.

(** The distribution function. *)
Definition normal_cdf z : R := (gauss_half + gauss_int z) / (2%:R * gauss_half).

Lemma normal_cdf_slope z : has_slope normal_cdf z (gauss z / (2%:R * gauss_half)).
Proof.
apply: slope_ext (slope_eq _ (slopeZ (2%:R * gauss_half)^-1
  (slopeD (slope_const gauss_half z) (gauss_int_slope z)))) => [t|]; first by rewrite mulrC.
by rewrite add0r mulrC.
Qed.

Lemma two_half_gt0 : 0 < 2%:R * gauss_half.
Proof. by rewrite mulr_gt0 ?ltr0n ?gauss_half_gt0. Qed.

Lemma normal_cdfN z : normal_cdf (- z) = 1 - normal_cdf z.
Proof.
by rewrite /normal_cdf gauss_intN; field; rewrite gt_eqF // gauss_half_gt0.
Qed.

Lemma normal_cdf_le1 z : normal_cdf z <= 1.
Proof.
rewrite ler_pdivr_mulr ?two_half_gt0 // mul1r mulr_natl mulr2n ler_add2l.
exact: gauss_half_ge.
Qed.

Lemma normal_cdf_ge0 z : 0 <= normal_cdf z.
Proof. by have := normal_cdf_le1 (- z); rewrite normal_cdfN ger_addl oppr_le0. Qed.

(** Mills: B Phi(-B) is at most the density at B. *)
Lemma normal_cdf_tail B : 0 < B -> B * normal_cdf (- B) <= gauss B / (2%:R * gauss_half).
Proof.
move=> B0; rewrite /normal_cdf mulrA; apply: ler_wpmul2r.
  by rewrite invr_ge0 ltW ?two_half_gt0.
by rewrite gauss_intN mulrC -ler_pdivl_mulr // ler_subl_addl gauss_half_le.
Qed.

Lemma gauss_small delta : 0 < delta ->
  exists2 B, 1 <= B & forall z, B <= z -> gauss z <= delta.
Proof.
move=> d0; exists (Num.max 1 (2%:R / delta)); first by rewrite le_maxr lexx.
move=> z; rewrite le_maxl => /andP[z1 zd].
rewrite /gauss expRN -[leRHS]invrK lef_pinv ?posrE ?invr_gt0 ?expR_gt0 //.
apply: le_trans (expR_ge _); apply: ler_paddl; first exact: ler01.
rewrite ler_pdivl_mulr ?ltr0n // [_ * 2%:R]mulrC; apply: le_trans zd _.
by rewrite expr2 ler_pemulr // (le_trans ler01).
Qed.

(** What the distribution function is. *)
Theorem normal_cdf_spec :
  [/\ exists2 q, 0 < q & forall z, has_slope normal_cdf z (q * expR (- (z ^+ 2 / 2%:R))),
      forall delta, 0 < delta -> exists B, forall z, z <= B -> `|normal_cdf z - 0| <= delta &
      forall delta, 0 < delta -> exists B, forall z, B <= z -> `|normal_cdf z - 1| <= delta].
Proof.
have left delta : 0 < delta -> exists B, forall z, z <= B -> `|normal_cdf z - 0| <= delta.
  move=> d0; have dk : 0 < delta * (2%:R * gauss_half) by rewrite mulr_gt0 ?two_half_gt0.
  have [B B1 hB] := gauss_small dk; exists (- B) => z; rewrite ler_oppr => zB.
  have z1 : 1 <= - z := le_trans B1 zB; have z0 : 0 < - z := lt_le_trans ltr01 z1.
  rewrite subr0 ger0_norm ?normal_cdf_ge0 //.
  have := normal_cdf_tail z0; rewrite opprK => le.
  apply: (@le_trans _ _ (- z * normal_cdf z)); first by rewrite ler_pemull ?normal_cdf_ge0.
  by apply: le_trans le _; rewrite ler_pdivr_mulr ?two_half_gt0 // hB.
split=> //.
  exists (2%:R * gauss_half)^-1 => [|z]; first by rewrite invr_gt0 two_half_gt0.
  by apply: slope_eq (normal_cdf_slope z); rewrite mulrC.
move=> delta /left[B hB]; exists (- B) => z zB.
have := hB (- z); rewrite normal_cdfN subr0 distrC; apply.
by rewrite ler_oppl.
Qed.
End Normal.
